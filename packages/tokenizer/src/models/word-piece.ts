import type { TokenModel } from "./token-model.ts";

export interface WordPieceConfig {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly unknownId: number;
  /** In front of every piece that does not start a word. */
  readonly continuingPrefix: string;
  /** Longer words, in code points, are unknown. */
  readonly maxCodePoints: number;
}

/** WordPiece: the longest piece that fits, from left to right; a word with a part that has none is unknown as a whole. */
export function wordPiece(config: WordPieceConfig): TokenModel {
  const { vocabulary, continuingPrefix, maxCodePoints } = config;
  const unknown = [config.unknownId];
  let longest = 0;
  const inner = new Map<string, number>();
  for (const [piece, id] of vocabulary) {
    longest = Math.max(longest, piece.length);
    if (piece.startsWith(continuingPrefix)) inner.set(piece.slice(continuingPrefix.length), id);
  }
  return {
    tokenize(word) {
      if (word.length > maxCodePoints && codePoints(word, maxCodePoints) > maxCodePoints) {
        return unknown;
      }
      const ids: number[] = [];
      let start = 0;
      while (start < word.length) {
        const pieces = start === 0 ? vocabulary : inner;
        let end = Math.min(word.length, start + longest);
        let id = pieces.get(word.slice(start, end));
        while (id === undefined && --end > start) id = pieces.get(word.slice(start, end));
        if (id === undefined) return unknown;
        ids.push(id);
        start = end;
      }
      return ids;
    },
  };
}

/** Code points of a text, counted no further than just past a limit. */
function codePoints(text: string, limit: number): number {
  let count = 0;
  for (const _ of text) if (++count > limit) break;
  return count;
}
