import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { COLUMN_SUM, LINEAR } from "./kernel-names.ts";
import { runNative } from "./native-kernel.ts";
import { expectShape } from "./shape-check.ts";

/**
 * x · weightᵀ + bias, as `torch.nn.Linear`. Gradients: dx = dy · W, dW = dyᵀ · x, db = column sums of dy, each
 * computed only when something trainable needs it.
 * @param x      float32 `[N, I]`
 * @param weight float32 `[O, I]`
 * @param bias   float32 `[O]`, none by default
 * @returns      float32 `[N, O]`
 * @throws {EspalierError} SHAPE_MISMATCH when the shapes do not fit
 */
export function linear(x: tf.Tensor2D, weight: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D {
  expectShape("linear: x", x, ["N", "I"]);
  expectShape("linear: weight", weight, ["O", x.shape[1]]);
  const inputs: Record<string, tf.Tensor> = { x, weight };
  if (bias !== undefined) {
    expectShape("linear: bias", bias, [weight.shape[0]]);
    inputs.bias = bias;
  }
  return differentiable(inputs, {
    forward(save) {
      save([x, weight]);
      const native = runNative(LINEAR, inputs);
      if (native !== undefined) return native[0] as tf.Tensor;
      const product = tf.matMul(x, weight, false, true); // [N, O]
      return bias === undefined ? product : tf.add(product, bias);
    },
    backward: (dy, [x, weight]) => ({
      x: () => tf.matMul(dy, weight as tf.Tensor), // [N, I]
      weight: () => tf.matMul(dy, x as tf.Tensor, true, false), // [O, I]
      bias: () => columnSum(dy as tf.Tensor2D), // [O]
    }),
  });
}

/** Sums over the rows: `[N, O]` → `[O]`. */
export function columnSum(x: tf.Tensor2D): tf.Tensor1D {
  const native = runNative(COLUMN_SUM, { x });
  return native === undefined ? tf.sum(x, 0) : (native[0] as tf.Tensor1D);
}
