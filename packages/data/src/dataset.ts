/** A text, or a pair that shares one sequence of tokens. */
export type TextInput = string | readonly [string, string];

/** A class, a number (regression) or any number of classes (multi-label). */
export type LabelValue = string | number | readonly string[];

/** A text with what is known about it; a task without a label is absent or undefined. */
export interface Example {
  readonly text: TextInput;
  readonly labels: Readonly<Record<string, LabelValue | undefined>>;
  readonly source: { readonly file: string; readonly line: number };
}

export interface Dataset {
  readonly examples: readonly Example[];
  readonly textColumns: readonly string[];
  readonly labelColumns: readonly string[];
}
