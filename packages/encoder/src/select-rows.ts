import * as tf from "@tensorflow/tfjs-core";

/**
 * Weighted sums of rows, `weights · states`, with a gradient towards the states only.
 * @param weights float32 `[B, N]`, constant: averages, or one 1 a row to select
 * @param states  float32 `[N, D]`
 * @returns       float32 `[B, D]`
 */
export function selectRows(weights: tf.Tensor2D, states: tf.Tensor2D): tf.Tensor2D {
  const select = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([weights]);
    return {
      value: tf.matMul(weights, x as tf.Tensor2D),
      gradFunc: (dy, saved) => tf.matMul(saved[0] as tf.Tensor2D, dy as tf.Tensor2D, true, false),
    };
  });
  return select(states) as tf.Tensor2D;
}
