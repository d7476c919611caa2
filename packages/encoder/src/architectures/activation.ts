import { gelu, linear, linearGelu } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";

/** Elementwise functions between the two feed-forward maps. */
export type Activation = "gelu" | "gelu_tanh" | "relu" | "silu" | "tanh";

/** Hugging Face's names (transformers' `ACT2FN`) for the activations there are. */
export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  gelu_fast: "gelu_tanh",
  relu: "relu",
  silu: "silu",
  swish: "silu",
  tanh: "tanh",
};

/**
 * activation(x · weightᵀ + bias)
 * @param x      float32 `[N, I]`
 * @param map    weight float32 `[O, I]`, bias float32 `[O]`
 * @returns      float32 `[N, O]`
 */
export function activatedLinear(
  x: tf.Tensor2D,
  { weight, bias }: { readonly weight: tf.Tensor2D; readonly bias: tf.Tensor1D },
  activation: Activation,
): tf.Tensor2D {
  if (activation === "gelu") return linearGelu(x, weight, bias, "erf");
  if (activation === "gelu_tanh") return linearGelu(x, weight, bias, "tanh");
  return activate(linear(x, weight, bias), activation);
}

/** @param x float32, any shape @returns float32, the same shape */
export function activate<X extends tf.Tensor>(x: X, activation: Activation): X {
  switch (activation) {
    case "gelu":
      return gelu(x, "erf");
    case "gelu_tanh":
      return gelu(x, "tanh");
    case "relu":
      return tf.relu(x);
    case "silu":
      return tf.mul(x, tf.sigmoid(x));
    case "tanh":
      return tf.tanh(x);
  }
}
