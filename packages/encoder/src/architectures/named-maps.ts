import { gradientsAreTaken, layerNorm, linear } from "@espalier/ops";
import type * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import { type Activation, activatedLinear } from "./activation.ts";

/** Linear maps and LayerNorms by the name of their parameters, without `.weight` and `.bias`. */
export interface NamedMaps {
  /** x · weightᵀ + bias: float32 `[·, in]` → `[·, out]` */
  linear(x: tf.Tensor2D, name: string): tf.Tensor2D;
  /** activation(x · weightᵀ + bias): float32 `[·, in]` → `[·, out]` */
  activated(x: tf.Tensor2D, name: string, activation: Activation): tf.Tensor2D;
  /**
   * A linear map to the keys of attention, up to a vector that all of them share: it adds the same to every score of a
   * query, which softmax ignores. So the bias is left out unless someone may want its gradient, which is zero.
   */
  keys(x: tf.Tensor2D, name: string): tf.Tensor2D;
  /** float32 `[·, D]` → `[·, D]` */
  norm(x: tf.Tensor2D, name: string): tf.Tensor2D;
}

/** @param epsilon of the LayerNorms */
export function namedMaps(pass: ForwardPass, epsilon: number): NamedMaps {
  const weight = (name: string): tf.Tensor2D => pass.matrix(`${name}.weight`);
  const bias = (name: string): tf.Tensor1D => pass.vector(`${name}.bias`);
  return {
    linear: (x, name) => linear(x, weight(name), bias(name)),
    activated: (x, name, activation) =>
      activatedLinear(x, { weight: weight(name), bias: bias(name) }, activation),
    keys: (x, name) => linear(x, weight(name), gradientsAreTaken() ? bias(name) : undefined),
    norm: (x, name) => layerNorm(x, pass.vector(`${name}.weight`), bias(name), epsilon),
  };
}
