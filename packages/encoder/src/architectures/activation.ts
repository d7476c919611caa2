import { gelu } from "@espalier/ops";
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

/** @param x float32, any shape @returns the same shape */
export function activate(x: tf.Tensor2D, activation: Activation): tf.Tensor2D {
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
