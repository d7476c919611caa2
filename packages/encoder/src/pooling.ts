import type { PoolingMode, PoolingModule } from "@espalier/checkpoint";
import { gatherRows } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { PackedBatch } from "./packed-batch.ts";
import { selectRows } from "./select-rows.ts";

/**
 * Token states → one vector a text; several modes are concatenated in their order.
 * @param states float32 `[N, D]`
 * @returns      float32 `[B, D · modes]`
 */
export function pool(states: tf.Tensor2D, batch: PackedBatch, pooling: PoolingModule): tf.Tensor2D {
  const parts = pooling.modes.map((mode) =>
    mode === "max"
      ? maxPool(states, batch)
      : selectRows(poolingWeights(mode, batch, pooling.includePrompt), states),
  );
  return parts.length === 1 ? (parts[0] as tf.Tensor2D) : tf.concat(parts, 1);
}

/** The one token of each text that the vector is made of, where it is made of one only. */
export function readsOneToken(pooling: PoolingModule): "cls" | "lasttoken" | undefined {
  const [mode, ...others] = pooling.modes;
  return others.length === 0 && (mode === "cls" || mode === "lasttoken") ? mode : undefined;
}

/** float32 `[B, N]`: how much each row counts for each text. @param includePrompt false leaves a prompt out */
export function poolingWeights(
  mode: Exclude<PoolingMode, "max">,
  batch: PackedBatch,
  includePrompt: boolean,
): tf.Tensor2D {
  const rows = batch.ids.length;
  const weights = new Float32Array(batch.texts * rows);
  for (let b = 0; b < batch.texts; b++) {
    const [start, end] = pooledRange(batch, b, includePrompt);
    const at = b * rows;
    if (mode === "cls") weights[at + start] = 1;
    else if (mode === "lasttoken") weights[at + end - 1] = 1;
    else
      for (let row = start; row < end; row++)
        weights[at + row] = tokenWeight(mode, {
          start,
          end,
          row,
          first: batch.starts[b] as number,
        });
  }
  return tf.tensor2d(weights, [batch.texts, rows]);
}

function tokenWeight(
  mode: "mean" | "mean_sqrt_len_tokens" | "weightedmean",
  at: { start: number; end: number; row: number; first: number },
): number {
  const length = at.end - at.start;
  if (mode === "mean") return 1 / length;
  if (mode === "mean_sqrt_len_tokens") return 1 / Math.sqrt(length);
  // Positions count from 1 at the text's first token, prompt or not (SGPT, Muennighoff 2022).
  const position = (row: number) => row - at.first + 1;
  const total = ((position(at.start) + position(at.end - 1)) * length) / 2;
  return position(at.row) / total;
}

function pooledRange(batch: PackedBatch, b: number, includePrompt: boolean): [number, number] {
  const end = batch.starts[b + 1] as number;
  const start = batch.starts[b] as number;
  return [includePrompt ? start : Math.min(start + batch.skippedTokens, end), end];
}

/** Maximum of each dimension over a text's tokens. */
function maxPool(states: tf.Tensor2D, batch: PackedBatch): tf.Tensor2D {
  const width = states.shape[1];
  const { texts, starts } = batch;
  const { lengthTokens } = batch.attention;
  const rows = batch.ids.length;
  const index = new Int32Array(texts * lengthTokens).fill(rows - 1);
  const inverse = new Int32Array(rows);
  const mask = new Float32Array(texts * lengthTokens).fill(-1e9);
  let padded = 0;
  for (let b = 0; b < texts; b++) {
    const start = starts[b] as number;
    const length = (starts[b + 1] as number) - start;
    for (let t = 0; t < lengthTokens; t++) {
      const slot = b * lengthTokens + t;
      if (t >= length) padded = slot;
      else {
        index[slot] = start + t;
        inverse[start + t] = slot;
        mask[slot] = 0;
      }
    }
  }
  inverse.fill(padded, batch.tokens);
  const slots = gatherRows(states, tf.tensor1d(index, "int32"), tf.tensor1d(inverse, "int32"));
  const masked = tf.add(
    tf.reshape(slots, [texts, lengthTokens, width]),
    tf.tensor3d(mask, [texts, lengthTokens, 1]),
  );
  return tf.max(masked, 1);
}
