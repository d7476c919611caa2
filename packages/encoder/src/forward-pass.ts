import { EspalierError, type Rng } from "@espalier/core";
import { type AttentionOptions, type DropoutOptions, dropout } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { PackedBatch } from "./packed-batch.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** How a forward is to run. */
export interface ForwardContext {
  /** True switches dropout on. */
  readonly training: boolean;
  /** This step's random stream; needed when training. */
  readonly rng?: Rng;
}

/** One batch on the backend, with what all layers share. Lives inside one `tf.tidy`. */
export interface ForwardPass {
  readonly parameters: ParameterStore;
  readonly batch: PackedBatch;
  /** int32 `[N]` */
  readonly ids: tf.Tensor1D;
  /** int32 `[N]` */
  readonly positions: tf.Tensor1D;
  /** int32 `[N]` */
  readonly typeIds: tf.Tensor1D;
  /** Index tensors of `attention`, without dropout and scale. */
  readonly attention: Omit<AttentionOptions, "dropout" | "scale" | "queries">;
  /** Dropout at a named site; `states` itself in evaluation or at rate 0. */
  drop(states: tf.Tensor2D, rate: number, site: string): tf.Tensor2D;
  /** The same as options, for operations that drop inside. */
  dropout(rate: number, site: string): { readonly dropout?: DropoutOptions };
}

/** @throws {EspalierError} CONFIG_INVALID when training without a random stream */
export function startForward(
  parameters: ParameterStore,
  batch: PackedBatch,
  context: ForwardContext,
): ForwardPass {
  const { gather, scatter, bias, batch: texts, lengthTokens, heads } = batch.attention;
  const dropoutAt = (rate: number, site: string): { dropout?: DropoutOptions } => {
    if (!context.training || rate === 0) return {};
    if (context.rng === undefined)
      throw new EspalierError("CONFIG_INVALID", `dropout at ${site} needs a random stream (rng)`);
    return { dropout: { rate, rng: context.rng.fork(site) } };
  };
  return {
    parameters,
    batch,
    ids: tf.tensor1d(batch.ids, "int32"),
    positions: tf.tensor1d(batch.positions, "int32"),
    typeIds: tf.tensor1d(batch.typeIds, "int32"),
    attention: {
      heads,
      batch: texts,
      lengthTokens,
      gather: tf.tensor1d(gather, "int32"),
      scatter: tf.tensor1d(scatter, "int32"),
      bias: tf.tensor4d(bias, [texts, 1, 1, lengthTokens]),
    },
    dropout: dropoutAt,
    drop(states, rate, site) {
      const options = dropoutAt(rate, site).dropout;
      return options === undefined ? states : dropout(states, options);
    },
  };
}
