/** How a normalised text falls apart into the words that the model sees one by one. */
export interface PreTokenizer {
  /** @param atStart whether the text before is empty: nothing of it was an added token */
  split(text: string, atStart: boolean): string[];
  /** How the model spells a word; a function of the word alone. */
  spell?(word: string): string;
}
