import * as tf from "@tensorflow/tfjs-core";
import { EMBEDDING_GRAD } from "./kernel-names.ts";
import { runNative } from "./native-kernel.ts";

/**
 * The gradient of taking rows: adds each row of dy to the row of its id. For use inside a gradient.
 * @param dy  float32 `[N, D]`
 * @param ids int32 `[N]`
 * @returns   float32 `[rows, D]`
 */
export function scatterRows(dy: tf.Tensor2D, ids: tf.Tensor1D, rows: number): tf.Tensor2D {
  const native = runNative(EMBEDDING_GRAD, { dy, ids }, { rows });
  if (native !== undefined) return native[0] as tf.Tensor2D;
  // Not UnsortedSegmentSum, as tfjs itself does: the wasm backend lacks it. scatterND adds repeated rows as well.
  return tf.scatterND(tf.reshape(ids, [-1, 1]), dy, [rows, dy.shape[1]]);
}
