import { EspalierError } from "@espalier/core";
import { type AttentionOptions, type DropoutOptions, dropout, embedding } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { activePlaces } from "./active-rows.ts";
import type { ForwardContext } from "./forward-context.ts";
import type { PackedBatch } from "./packed-batch.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** One batch on the backend, with what all layers share. Lives inside one `tf.tidy`. */
export interface ForwardPass {
  readonly batch: PackedBatch;
  /** Index tensors of `attention`, without dropout and scale. */
  readonly attention: Omit<AttentionOptions, "dropout" | "scale" | "queries">;
  /** A parameter that is a matrix, `[out, in]`. */
  matrix(name: string): tf.Tensor2D;
  /** Rows of a parameter that is a table. @param ids int32 `[N]` @returns float32 `[N, D]` */
  rows(name: string, ids: Int32Array): tf.Tensor2D;
  /** A parameter that is a bias or a gain. */
  vector(name: string): tf.Tensor1D;
  /** Dropout at a named site; `states` itself in evaluation or at rate 0. */
  drop(states: tf.Tensor2D, rate: number, site: string): tf.Tensor2D;
  /** The same as options, for operations that drop inside. */
  dropout(rate: number, site: string): { readonly dropout?: DropoutOptions };
}

/** Puts the index arrays of a batch on the backend. */
export function startForward(
  parameters: ParameterStore,
  batch: PackedBatch,
  context: ForwardContext,
): ForwardPass {
  const { gather, scatter, bias, batch: texts, lengthTokens, heads } = batch.attention;
  const dropoutAt = (rate: number, site: string): { dropout?: DropoutOptions } => {
    if (!context.training || rate === 0) return {};
    if (context.rng === undefined)
      throw new EspalierError(
        "CONFIG_INVALID",
        `dropout at ${site} needs the random stream of the step (context.rng), got none`,
      );
    return { dropout: { rate, rng: context.rng.fork(site) } };
  };
  // A Variable is a Tensor, but its class has the rank left open.
  const matrix = (name: string): tf.Tensor2D => parameters.get(name) as unknown as tf.Tensor2D;
  return {
    batch,
    attention: {
      heads,
      batch: texts,
      lengthTokens,
      gather: tf.tensor1d(gather, "int32"),
      scatter: tf.tensor1d(scatter, "int32"),
      bias: tf.tensor4d(bias, [texts, 1, 1, lengthTokens]),
    },
    matrix,
    rows(name, ids) {
      const { activeRows } = context;
      return activeRows?.parameter === name
        ? embedding(activeRows.table, tf.tensor1d(activePlaces(activeRows, ids), "int32"))
        : embedding(matrix(name), tf.tensor1d(ids, "int32"));
    },
    vector: (name) => parameters.get(name) as unknown as tf.Tensor1D,
    dropout: dropoutAt,
    drop(states, rate, site) {
      const options = dropoutAt(rate, site).dropout;
      return options === undefined ? states : dropout(states, options);
    },
  };
}
