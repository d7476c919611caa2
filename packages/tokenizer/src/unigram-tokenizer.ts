import { EspalierError } from "@espalier/core";
import type { TextInput } from "./encoding.ts";
import { limitOf } from "./limit.ts";
import { bestPath, type Lattice } from "./models/best-path.ts";
import { pieceTrie } from "./models/piece-trie.ts";
import type { EncodeOptions, Tokenizer } from "./tokenizer.ts";
import { truncateLongestFirst } from "./truncate-longest-first.ts";
import { wellFormed } from "./unicode/well-formed.ts";
import { unigramFiles } from "./unigram-files.ts";

/** A SentencePiece unigram model with the conventions of Universal Sentence Encoder lite. */
export interface UnigramDefinition {
  /**
   * Pieces with their log probabilities; the index is the id, 0 is the unknown token. A score of null counts as 0 (the
   * published vocabulary of Universal Sentence Encoder lite has one).
   */
  readonly pieces: ReadonlyArray<readonly [piece: string, score: number | null]>;
  /** Pieces at the start that are reserved (unknown, control symbols) and never found in a text. Default 6. */
  readonly reserved?: number;
  /** Unicode normalization form of texts. Default "NFKC". */
  readonly normalize?: "NFKC" | "NFC" | "none";
  /** Longest encoding in tokens. Default 512. */
  readonly maxLengthTokens?: number;
}

const SPACE = "\u2581";
const UNKNOWN = 0;

/**
 * Creates a tokenizer that gives the ids of `@tensorflow-models/universal-sentence-encoder`: NFKC, "▁" in front and for every
 * space, the most likely pieces (of equal ones the last found), unknown code points at no cost, a run of them as one token 0. There
 * are no special tokens: an empty text has no ids, and a pair is its two texts one after the other.
 * @throws {EspalierError} CONFIG_INVALID when no piece is left beside the reserved ones, a score is no finite number, or the limit
 *   is no whole number from 1
 */
export function createUnigramTokenizer(definition: UnigramDefinition): Tokenizer {
  const { pieces, reserved = 6, normalize = "NFKC", maxLengthTokens = 512 } = definition;
  check(pieces, { reserved, maxLengthTokens });
  const lattice: Lattice = {
    trie: pieceTrie(pieces.map(([piece], id) => [piece, id] as const).slice(reserved)),
    scores: Float64Array.from(pieces, ([, score]) => score ?? 0),
    unknownId: UNKNOWN,
    unknownScore: 0,
    unknownWhere: "no-piece",
    ties: "last",
  };
  const idsOf = (text: string): number[] => {
    const clean = wellFormed(text);
    const normalized = normalize === "none" ? clean : clean.normalize(normalize);
    if (normalized === "") return [];
    const ids: number[] = [];
    for (const { id } of bestPath(SPACE + normalized.replaceAll(" ", SPACE), lattice)) {
      if (id !== UNKNOWN || ids.at(-1) !== UNKNOWN) ids.push(id);
    }
    return ids.reverse();
  };
  const encode = (text: TextInput, options?: EncodeOptions) => {
    const limit = limitOf(options?.maxLengthTokens, { least: 1, most: maxLengthTokens });
    if (typeof text === "string") return { ids: Int32Array.from(idsOf(text).slice(0, limit)) };
    const [a, b] = [idsOf(text[0]), idsOf(text[1])];
    const [keepA, keepB] = truncateLongestFirst([a.length, b.length], limit);
    return { ids: Int32Array.from([...a.slice(0, keepA), ...b.slice(0, keepB)]) };
  };
  return {
    vocabSize: pieces.length,
    padId: UNKNOWN,
    maxLengthTokens,
    encode,
    encodeBatch: (texts, options) => texts.map((text) => encode(text, options)),
    files: () => unigramFiles({ pieces, reserved, normalize, maxLengthTokens }),
  };
}

function check(
  pieces: UnigramDefinition["pieces"],
  { reserved, maxLengthTokens }: { readonly reserved: number; readonly maxLengthTokens: number },
): void {
  if (!Number.isInteger(reserved) || reserved < 1 || reserved >= pieces.length) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `a unigram vocabulary of ${pieces.length} pieces cannot have ${reserved} reserved ones`,
    );
  }
  const bad = pieces.findIndex(([, score]) => !Number.isFinite(score ?? 0));
  if (bad >= 0) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `the score of piece ${bad} ("${pieces[bad]?.[0]}") is ${pieces[bad]?.[1]}, expected a finite number`,
    );
  }
  if (!Number.isInteger(maxLengthTokens) || maxLengthTokens < 1) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `maxLengthTokens is ${maxLengthTokens}, expected a whole number from 1`,
    );
  }
}
