import type { ParamGroup } from "@espalier/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";

/** A parameter that an architecture has. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: ParamGroup;
  readonly layer?: number;
}

/** What goes into a layer. */
export interface LayerInput {
  /** float32 `[N, D]` */
  readonly states: tf.Tensor2D;
  /**
   * Set on the last layer when pooling reads one token a text: float32 `[B, N]`, one 1 a row. The layer then
   * computes keys and values for all tokens and everything else for those B rows only.
   */
  readonly rows?: tf.Tensor2D;
}

/** A kind of transformer at given sizes: its parameter names and the computation over packed tokens. */
export interface Architecture {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** D, width of the last layer's states. */
  readonly width: number;
  readonly layerCount: number;
  readonly heads: number;
  /** Longest text in tokens. */
  readonly maxPositions: number;
  readonly vocabulary: number;
  readonly parameters: readonly ParameterSpec[];
  /** Tensors of a checkpoint that are known and not needed: other heads, buffers. */
  readonly ignored: readonly RegExp[];
  /** Tokens → float32 `[N, D]` before the first layer. */
  embed(pass: ForwardPass): tf.Tensor2D;
  /** One layer: `[N, D]` → `[N, D]`, or `[B, D]` with `rows`. */
  layer(pass: ForwardPass, layer: number, input: LayerInput): tf.Tensor2D;
}

/** `weight` and `bias` of a linear map or a LayerNorm. */
export function weightAndBias(
  prefix: string,
  shape: readonly number[],
  place: Pick<ParameterSpec, "group" | "layer">,
): ParameterSpec[] {
  return [
    { name: `${prefix}.weight`, shape, ...place },
    { name: `${prefix}.bias`, shape: [shape[0] as number], ...place },
  ];
}
