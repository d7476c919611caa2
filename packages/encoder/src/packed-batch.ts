import { EspalierError } from "@espalier/core";
import { type AttentionIndex, attentionIndex } from "@espalier/ops";
import type { Encoding } from "@espalier/tokenizer";
import { roundUp } from "./ladder.ts";

/**
 * Texts of one batch without padding between them: N rows, rounded up a ladder so that few different shapes
 * occur. The rows past the last text are dummy rows; nothing reads what is computed for them.
 */
export interface PackedBatch {
  /** B */
  readonly texts: number;
  /** int32 `[B + 1]`: text b is rows `starts[b] .. starts[b + 1]`. A text without tokens has one row nobody reads. */
  readonly starts: Int32Array;
  /** int32 `[B]`: tokens of each text; less than its rows only for a text without tokens. */
  readonly lengths: Int32Array;
  /** int32 `[N]`, 0 in dummy rows */
  readonly ids: Int32Array;
  /** int32 `[N]`, position within the text */
  readonly positions: Int32Array;
  /** int32 `[N]`, segment of a pair */
  readonly typeIds: Int32Array;
  /** Tokens at the start of every text that pooling may leave out (a prompt). */
  readonly promptTokens: number;
  /** How rows map to the slots `[B, H, T]` of attention. */
  readonly attention: AttentionIndex;
}

export interface PackOptions {
  /** H */
  readonly heads: number;
  /** Default 0. */
  readonly promptTokens?: number;
}

/** 12 % of dummy rows at most, 6 % on average. Each shape is a graph to compile and memory to hold. */
const ROW_RUNGS = 8;
/** Slots cost little (two of a layer's eight products, and none of the large ones), so their ladder is coarser. */
const LENGTH_RUNGS = 2;
/** Large batches of texts that are all equally long keep their exact shape: there is nothing to pad. */
const EXACT_ROWS = 1024;

/**
 * Packs encoded texts. All index arrays of the forward and backward pass are computed here, once a batch.
 * @param encodings at least one
 * @throws {EspalierError} SHAPE_MISMATCH for an empty batch
 */
export function packBatch(encodings: readonly Encoding[], options: PackOptions): PackedBatch {
  const texts = encodings.length;
  if (texts === 0)
    throw new EspalierError("SHAPE_MISMATCH", "a batch has 0 texts, expected at least one");
  const lengths = Int32Array.from(encodings, ({ ids }) => ids.length);
  const starts = new Int32Array(texts + 1);
  for (const [b, length] of lengths.entries())
    starts[b + 1] = (starts[b] as number) + Math.max(1, length);
  const used = starts[texts] as number;
  const longest = Math.max(1, ...lengths);
  const { rows, lengthTokens } = paddedShape({ texts, used, longest });
  const ids = new Int32Array(rows);
  const positions = new Int32Array(rows);
  const typeIds = new Int32Array(rows);
  for (const [b, encoding] of encodings.entries()) {
    const start = starts[b] as number;
    ids.set(encoding.ids, start);
    if (encoding.typeIds !== undefined) typeIds.set(encoding.typeIds, start);
    for (let t = 0; t < encoding.ids.length; t++) positions[start + t] = t;
  }
  const { heads, promptTokens = 0 } = options;
  const attention = attentionIndex(starts, { heads, rows, lengthTokens });
  return { texts, starts, lengths, ids, positions, typeIds, promptTokens, attention };
}

function paddedShape(batch: { texts: number; used: number; longest: number }): {
  rows: number;
  lengthTokens: number;
} {
  const { texts, used, longest } = batch;
  if (used === texts * longest && used >= EXACT_ROWS) return { rows: used, lengthTokens: longest };
  // One padded slot at least, for the dummy rows to read.
  const full = used === texts * roundUp(longest, LENGTH_RUNGS);
  return {
    rows: roundUp(used + 1, ROW_RUNGS),
    lengthTokens: roundUp(full ? longest + 1 : longest, LENGTH_RUNGS),
  };
}
