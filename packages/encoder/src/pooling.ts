import type { PoolingMode, PoolingModule } from "@espalier/checkpoint";
import { gatherRows, oncePerBatch } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { ChosenRows } from "./architectures/architecture.ts";
import { type PackedBatch, type PackedFeed, packedRows } from "./packed-batch.ts";
import { selectRows } from "./select-rows.ts";

/**
 * Token states → one vector a text; several modes are concatenated in their order. A text without tokens has the zero
 * vector, and so has one whose tokens all belong to a prompt that is left out (except cls, which then reads its first).
 * @param states float32 `[N, D]`
 * @returns      float32 `[B, D · modes]`
 */
export function pool(states: tf.Tensor2D, feed: PackedFeed, pooling: PoolingModule): tf.Tensor2D {
  const parts = pooling.modes.map((mode) =>
    mode === "max"
      ? maxPool(states, feed, pooling.includePrompt)
      : selectRows(poolingWeights(mode, feed, pooling.includePrompt), states),
  );
  return parts.length === 1 ? (parts[0] as tf.Tensor2D) : tf.concat(parts, 1);
}

/** The one token of each text that the vector is made of, where it is made of one only. */
export function readsOneToken(pooling: PoolingModule): "cls" | "lasttoken" | undefined {
  const [mode, ...others] = pooling.modes;
  return others.length === 0 && (mode === "cls" || mode === "lasttoken") ? mode : undefined;
}

/**
 * How much each row counts for each text. A product with this constant matrix is the pooling: B is small, so it costs
 * about B / (12 · layers · D) of the trunk's products, forward and backward, and it needs no index of its own.
 * @param includePrompt false leaves the batch's prompt tokens out
 * @returns float32 `[B, N]`
 */
function poolingWeights(mode: WeightedMode, feed: PackedFeed, includePrompt: boolean): tf.Tensor2D {
  const { texts } = feed.sizes;
  const rows = packedRows(feed.sizes);
  return feed.array<tf.Rank.R2>("float32", [texts, rows], (batch) =>
    weightsOf(mode, batch, includePrompt),
  );
}

/** The token of each text that the vector is made of. */
export function chosenRows(
  mode: "cls" | "lasttoken",
  feed: PackedFeed,
  includePrompt: boolean,
): ChosenRows {
  return {
    weights: poolingWeights(mode, feed, includePrompt),
    positions: (batch) =>
      Int32Array.from({ length: batch.texts }, (_, b) => {
        const range = pooledRange(batch, b, includePrompt);
        return (chosenRow(mode, range) ?? range.first) - range.first;
      }),
  };
}

type WeightedMode = Exclude<PoolingMode, "max">;

function weightsOf(mode: WeightedMode, batch: PackedBatch, includePrompt: boolean): Float32Array {
  const rows = batch.ids.length;
  const weights = new Float32Array(batch.texts * rows);
  for (let b = 0; b < batch.texts; b++) {
    const range = pooledRange(batch, b, includePrompt);
    const { start, end } = range;
    const at = b * rows;
    if (mode === "cls" || mode === "lasttoken") {
      const row = chosenRow(mode, range);
      if (row !== undefined) weights[at + row] = 1;
    } else {
      for (let row = start; row < end; row++) weights[at + row] = tokenWeight(mode, range, row);
    }
  }
  return weights;
}

/** Rows of a text that are pooled, and the text's first row. */
interface PooledRange {
  readonly first: number;
  readonly start: number;
  readonly end: number;
}

/** The row that is read; a cls that would be left out is read all the same. */
function chosenRow(
  mode: "cls" | "lasttoken",
  { first, start, end }: PooledRange,
): number | undefined {
  if (start < end) return mode === "cls" ? start : end - 1;
  return mode === "cls" && first < end ? first : undefined;
}

function pooledRange(batch: PackedBatch, b: number, includePrompt: boolean): PooledRange {
  const first = batch.starts[b] as number;
  const end = first + (batch.lengths[b] as number);
  return { first, start: includePrompt ? first : Math.min(first + batch.promptTokens, end), end };
}

function tokenWeight(
  mode: "mean" | "mean_sqrt_len_tokens" | "weightedmean",
  { first, start, end }: PooledRange,
  row: number,
): number {
  const count = end - start;
  if (mode === "mean") return 1 / count;
  if (mode === "mean_sqrt_len_tokens") return 1 / Math.sqrt(count);
  // Weights are positions, from 1 at the text's first token, prompt or not (SGPT, Muennighoff 2022).
  const position = (of: number) => of - first + 1;
  const total = ((position(start) + position(end - 1)) * count) / 2;
  return position(row) / total;
}

/** Far below any state, and adding 0 instead changes none. */
const NOT_POOLED = -1e9;

/** Maximum of each dimension over a text's tokens. */
function maxPool(states: tf.Tensor2D, feed: PackedFeed, includePrompt: boolean): tf.Tensor2D {
  const width = states.shape[1];
  const { texts, slots: lengthTokens } = feed.sizes;
  const rows = packedRows(feed.sizes);
  const slotsOf = oncePerBatch((batch: PackedBatch) => maxPoolSlots(batch, includePrompt));
  const index = feed.array<tf.Rank.R1>("int32", [texts * lengthTokens], (b) => slotsOf(b).index);
  const inverse = feed.array<tf.Rank.R1>("int32", [rows], (b) => slotsOf(b).inverse);
  const bias = feed.array<tf.Rank.R3>("float32", [texts, lengthTokens, 1], (b) => slotsOf(b).bias);
  const pooled = feed.array<tf.Rank.R2>("float32", [texts, 1], (b) => slotsOf(b).pooled);
  const slots = tf.reshape(gatherRows(states, index, inverse), [texts, lengthTokens, width]);
  const maximum = tf.max(tf.add(slots, bias), 1) as tf.Tensor2D; // [B, D]
  return tf.mul(maximum, pooled);
}

interface MaxPoolSlots {
  /** int32 `[B · T]`: the row that fills a slot */
  readonly index: Int32Array;
  /** int32 `[N]`: a slot that reads the row */
  readonly inverse: Int32Array;
  /** float32 `[B, T, 1]`: 0 where a token is pooled */
  readonly bias: Float32Array;
  /** float32 `[B, 1]`: 1 where a text has pooled tokens, else 0 */
  readonly pooled: Float32Array;
}

function maxPoolSlots(batch: PackedBatch, includePrompt: boolean): MaxPoolSlots {
  const { texts } = batch;
  const { lengthTokens } = batch.attention;
  const rows = batch.ids.length;
  // As in attention, padded slots read a dummy row and dummy rows a padded slot, whose gradient is zero.
  const index = new Int32Array(texts * lengthTokens).fill(rows - 1);
  const inverse = new Int32Array(rows);
  const bias = new Float32Array(texts * lengthTokens).fill(NOT_POOLED);
  const pooled = new Float32Array(texts);
  let padded = 0;
  for (let b = 0; b < texts; b++) {
    const { first, start, end } = pooledRange(batch, b, includePrompt);
    const length = (batch.starts[b + 1] as number) - first;
    const slots = b * lengthTokens;
    for (let t = 0; t < length; t++) {
      index[slots + t] = first + t;
      inverse[first + t] = slots + t;
    }
    bias.fill(0, slots + start - first, slots + end - first);
    if (start < end) pooled[b] = 1;
    if (length < lengthTokens) padded = slots + length;
  }
  inverse.fill(padded, batch.starts[texts] as number);
  return { index, inverse, bias, pooled };
}
