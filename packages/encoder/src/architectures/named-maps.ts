import { layerNorm, linear } from "@espalier/ops";
import type * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";

/** Linear maps and LayerNorms by the name of their parameters, without `.weight` and `.bias`. */
export interface NamedMaps {
  /** x · weightᵀ + bias: float32 `[·, in]` → `[·, out]` */
  linear(x: tf.Tensor2D, name: string): tf.Tensor2D;
  /** float32 `[·, D]` → `[·, D]` */
  norm(x: tf.Tensor2D, name: string): tf.Tensor2D;
}

/** @param epsilon of the LayerNorms */
export function namedMaps(pass: ForwardPass, epsilon: number): NamedMaps {
  return {
    linear: (x, name) => linear(x, pass.matrix(`${name}.weight`), pass.vector(`${name}.bias`)),
    norm: (x, name) =>
      layerNorm(x, pass.vector(`${name}.weight`), pass.vector(`${name}.bias`), epsilon),
  };
}
