import { linear, linearGelu } from "@espalier/ops";
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

function activate(
  x: tf.Tensor2D,
  activation: Exclude<Activation, "gelu" | "gelu_tanh">,
): tf.Tensor2D {
  switch (activation) {
    case "relu":
      return tf.relu(x);
    case "silu":
      return tf.mul(x, tf.sigmoid(x));
    case "tanh":
      return tf.tanh(x);
  }
}
