import { bestPath, type Lattice } from "./best-path.ts";
import { pieceTrie } from "./piece-trie.ts";
import type { TokenModel } from "./token-model.ts";

export interface UnigramConfig {
  /** Pieces with their log probabilities; the index is the id. */
  readonly pieces: ReadonlyArray<readonly [piece: string, score: number]>;
  readonly unknownId: number;
  /** Spells unknown pieces as `<0x0A>` tokens where all of them are in the vocabulary. */
  readonly byteFallback: boolean;
}

/** How much less likely than the least likely piece an unknown code point is. */
const UNKNOWN_PENALTY = 10;

/** SentencePiece unigram segmentation as Hugging Face tokenizers does it; a run of unknown code points is one token. */
export function unigram({ pieces, unknownId, byteFallback }: UnigramConfig): TokenModel {
  const ids = new Map(pieces.map(([piece], id) => [piece, id]));
  const scores = Float64Array.from(pieces, ([, score]) => score);
  const lattice: Lattice = {
    trie: pieceTrie(ids),
    scores,
    unknownId,
    unknownScore: scores.reduce((least, score) => Math.min(least, score)) - UNKNOWN_PENALTY,
    unknownWhere: "no-single",
    ties: "first",
  };
  const bytes = (text: string): readonly number[] => {
    const tokens = Array.from(Buffer.from(text), (byte) =>
      ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
    );
    const all = tokens.filter((id) => id !== undefined);
    return all.length === tokens.length ? all : [unknownId];
  };
  return {
    tokenize(word) {
      const result: number[] = [];
      const steps = bestPath(word, lattice);
      for (let i = steps.length - 1; i >= 0; i--) {
        const { id, start } = steps[i] as (typeof steps)[number];
        if (id !== unknownId) {
          result.push(id);
          continue;
        }
        while (i > 0 && steps[i - 1]?.id === unknownId) i--;
        if (!byteFallback) result.push(unknownId);
        else for (const byte of bytes(word.slice(start, steps[i]?.end))) result.push(byte);
      }
      return result;
    },
  };
}
