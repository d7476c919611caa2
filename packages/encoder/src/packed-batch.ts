import { EspalierError } from "@espalier/core";
import { type AttentionIndex, attentionIndex } from "@espalier/ops";
import type { Encoding } from "@espalier/tokenizer";

/**
 * Texts of one batch without padding between them: `[N]` rows, rounded up a short ladder so that few different
 * shapes occur. The rows past the last text are dummy rows; nothing reads what is computed for them.
 */
export interface PackedBatch {
  /** Texts, B. */
  readonly texts: number;
  /** Rows that are tokens; the others of the N rows are dummy rows. */
  readonly tokens: number;
  /** int32 `[B + 1]`, text b is rows `starts[b] .. starts[b + 1]` */
  readonly starts: Int32Array;
  /** int32 `[N]`, 0 in dummy rows */
  readonly ids: Int32Array;
  /** int32 `[N]`, position within the text */
  readonly positions: Int32Array;
  /** int32 `[N]`, segment of a pair */
  readonly typeIds: Int32Array;
  /** Tokens at the start of every text that pooling leaves out (a prompt). */
  readonly skippedTokens: number;
  readonly attention: AttentionIndex;
}

/**
 * Packs encoded texts for an encoder.
 * @param encodings at least one, each with at least one token
 * @param options.skippedTokens as in `PackedBatch`, default 0
 * @throws {EspalierError} SHAPE_MISMATCH for an empty batch or a text without tokens
 */
export function packBatch(
  encodings: readonly Encoding[],
  options: { readonly heads: number; readonly skippedTokens?: number },
): PackedBatch {
  if (encodings.length === 0)
    throw new EspalierError("SHAPE_MISMATCH", "a batch has no texts, expected at least one");
  const starts = new Int32Array(encodings.length + 1);
  let shortest = Number.POSITIVE_INFINITY;
  let longest = 0;
  for (const [b, { ids }] of encodings.entries()) {
    starts[b + 1] = (starts[b] as number) + ids.length;
    shortest = Math.min(shortest, ids.length);
    longest = Math.max(longest, ids.length);
  }
  const tokens = starts[encodings.length] as number;
  const rows = roundUp(tokens + 1);
  // One padded slot at least, for the dummy rows to point to.
  const lengthTokens = roundUp(shortest === longest ? longest + 1 : longest);
  const ids = new Int32Array(rows);
  const positions = new Int32Array(rows);
  const typeIds = new Int32Array(rows);
  for (const [b, encoding] of encodings.entries()) {
    const start = starts[b] as number;
    ids.set(encoding.ids, start);
    if (encoding.typeIds !== undefined) typeIds.set(encoding.typeIds, start);
    for (let t = 0; t < encoding.ids.length; t++) positions[start + t] = t;
  }
  const { heads, skippedTokens = 0 } = options;
  const attention = attentionIndex(starts, { heads, rows, lengthTokens });
  return {
    texts: encodings.length,
    tokens,
    starts,
    ids,
    positions,
    typeIds,
    skippedTokens,
    attention,
  };
}

/**
 * The next size on a ladder with eight rungs an octave: few shapes to compile, 6 % more rows on average.
 * @param size at least 1
 */
function roundUp(size: number): number {
  const rung = 2 ** Math.max(3, Math.floor(Math.log2(size)) - 3);
  return Math.ceil(size / rung) * rung;
}
