/** One step of text normalisation, before a text is split. */
export type Normalize = (text: string) => string;
