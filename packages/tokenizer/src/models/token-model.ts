/** What turns one word into token ids. */
export interface TokenModel {
  /** The ids of a word; must not be changed by the caller. */
  tokenize(word: string): readonly number[];
}

/** Words longer than this are not kept. */
const LONGEST_KEPT = 48;
/** Entries after which the memory starts over. */
const KEPT_WORDS = 1 << 16;

/** A model that remembers the words it has seen: texts use the same ones again and again. */
export function rememberWords(model: TokenModel): TokenModel {
  const known = new Map<string, readonly number[]>();
  return {
    tokenize(word) {
      const before = known.get(word);
      if (before !== undefined) return before;
      const ids = model.tokenize(word);
      if (word.length <= LONGEST_KEPT) {
        if (known.size >= KEPT_WORDS) known.clear();
        known.set(word, ids);
      }
      return ids;
    },
  };
}
