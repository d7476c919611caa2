import type { ParamGroup } from "@espalier/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import type { PackedBatch } from "../packed-batch.ts";

/** A parameter that an architecture has. */
export interface ParameterSpec {
  /** As in the Hugging Face state dict, without the prefix of a whole model. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: ParamGroup;
  /** Only in group `encoder`. */
  readonly layer?: number;
}

/** What goes into a layer. */
export interface LayerInput {
  /** float32 `[N, D]` */
  readonly states: tf.Tensor2D;
  /**
   * Set on the last layer when pooling reads one token a text. The layer then computes keys and values for all tokens and
   * everything else for those B rows only.
   */
  readonly rows?: ChosenRows;
}

/** One token of each text. */
export interface ChosenRows {
  /** float32 `[B, N]`, a single 1 in each row */
  readonly weights: tf.Tensor2D;
  /** int32 `[B]` of a batch: where in its text each of them is */
  positions(batch: PackedBatch): Int32Array;
}

/** A kind of transformer at given sizes: its parameters and the computation over packed tokens. */
export interface Architecture {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** The class Hugging Face's `AutoModel` loads, for `architectures` of a saved config.json; none has none. */
  readonly pretrainedClass?: string;
  /** What names of a whole model's checkpoint begin with, `bert` in `bert.encoder.…`. Default: `modelType`. */
  readonly checkpointPrefix?: string;
  /** D: width of the states after the last layer. */
  readonly width: number;
  readonly layerCount: number;
  readonly heads: number;
  /** Longest text in tokens. */
  readonly maxPositions: number;
  readonly vocabularySize: number;
  /** Rows of the table of segments; undefined where segments are not read. */
  readonly segments?: number;
  /** Name of the table that has a row for every token id. */
  readonly wordTable: string;
  /** From the embeddings up. */
  readonly parameters: readonly ParameterSpec[];
  /** Whether a matrix of the last layer is applied to all tokens even where one a text is read. */
  everyToken(name: string): boolean;
  /** Tensors of a checkpoint that this encoder does not need and that others may: saved again as they are. */
  readonly kept: readonly RegExp[];
  /** Tensors of a checkpoint that belong to training heads, and buffers: left out. */
  readonly ignored: readonly RegExp[];
  /** Tokens → float32 `[N, D]`, input of the first layer. */
  embed(pass: ForwardPass): tf.Tensor2D;
  /** One layer: `[N, D]` → `[N, D]`, or `[B, D]` with `rows`. */
  layer(pass: ForwardPass, layer: number, input: LayerInput): tf.Tensor2D;
}

/** `weight`, and `bias` if there is one, of a linear map (shape `[out, in]`) or a LayerNorm (shape `[D]`). */
export function weightAndBias(
  prefix: string,
  shape: readonly number[],
  { bias = true, ...place }: Pick<ParameterSpec, "group" | "layer"> & { readonly bias?: boolean },
): ParameterSpec[] {
  const weight = { name: `${prefix}.weight`, shape, ...place };
  return bias
    ? [weight, { name: `${prefix}.bias`, shape: [shape[0] as number], ...place }]
    : [weight];
}
