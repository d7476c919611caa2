import { differentiable } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Weighted sums of rows, `weights · states`, with a gradient towards the states only.
 * @param weights float32 `[B, N]`, constant: averages, or a single 1 in a row to select
 * @param states  float32 `[N, D]`
 * @returns       float32 `[B, D]`
 */
export function selectRows(weights: tf.Tensor2D, states: tf.Tensor2D): tf.Tensor2D {
  return differentiable(
    { states },
    {
      forward(save) {
        save([weights]);
        return tf.matMul(weights, states);
      },
      backward: (dy, [weights]) => ({
        states: () => tf.matMul(weights as tf.Tensor, dy, true, false),
      }),
    },
  );
}
