import * as tf from "@tensorflow/tfjs-core";
import { MASKED_SOFTMAX, SOFTMAX_GRAD } from "./kernel-names.ts";
import { runNative } from "./native-kernel.ts";

/**
 * softmax(scores · scale + bias) over the last axis, for use inside an operation: it has no gradient of its own.
 * @param scores float32 `[B, H, Tq, T]`
 * @param bias   float32 `[B, 1, 1, T]`; none where nothing is masked
 */
export function maskedSoftmax(
  scores: tf.Tensor4D,
  bias: tf.Tensor4D | undefined,
  scale: number,
): tf.Tensor4D {
  const inputs = bias === undefined ? { scores } : { scores, bias };
  const native = runNative(MASKED_SOFTMAX, inputs, { scale });
  if (native !== undefined) return native[0] as tf.Tensor4D;
  const scaled: tf.Tensor4D = tf.mul(scores, scale);
  return tf.softmax(bias === undefined ? scaled : tf.add(scaled, bias));
}

/**
 * Gradient of `maskedSoftmax` with respect to the scores: scale · y · (dy − Σ dy · y).
 * @param y the softmax's value
 */
export function softmaxGradient(dy: tf.Tensor, y: tf.Tensor4D, scale: number): tf.Tensor4D {
  const native = runNative(SOFTMAX_GRAD, { dy, y }, { scale });
  if (native !== undefined) return native[0] as tf.Tensor4D;
  const weighted = tf.mul(dy, y);
  return tf.mul(tf.sub(weighted, tf.mul(y, tf.sum(weighted, -1, true))), scale);
}
