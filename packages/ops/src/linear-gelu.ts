import type * as tf from "@tensorflow/tfjs-core";
import { type GeluApproximation, gelu } from "./gelu.ts";
import { gradientsAreTaken } from "./gradients-are-taken.ts";
import { LINEAR_GELU } from "./kernel-names.ts";
import { linear } from "./linear.ts";
import { runNative } from "./native-kernel.ts";
import { expectShape } from "./shape-check.ts";

/**
 * gelu(x · weightᵀ + bias). Where no gradient is taken, a backend may add the bias while it computes the GELU: one pass
 * over the product less.
 * @param x      float32 `[N, I]`
 * @param weight float32 `[O, I]`
 * @param bias   float32 `[O]`
 * @returns      float32 `[N, O]`
 * @throws {EspalierError} SHAPE_MISMATCH when the shapes do not fit
 */
// biome-ignore lint/complexity/useMaxParams: those of `linear` and of `gelu`
export function linearGelu(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D,
  approximation: GeluApproximation,
): tf.Tensor2D {
  expectShape("linearGelu: x", x, ["N", "I"]);
  expectShape("linearGelu: weight", weight, ["O", x.shape[1]]);
  expectShape("linearGelu: bias", bias, [weight.shape[0]]);
  const native = gradientsAreTaken()
    ? undefined
    : runNative(LINEAR_GELU, { x, weight, bias }, { approximation });
  return (native?.[0] as tf.Tensor2D) ?? gelu(linear(x, weight, bias), approximation);
}
