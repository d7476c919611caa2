import { EspalierError } from "@espalier/core";
import {
  type AttentionOptions,
  type AttentionSlots,
  type DropoutOptions,
  dropout,
  embedding,
} from "@espalier/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { activePlaces } from "./active-rows.ts";
import type { ForwardContext } from "./forward-context.ts";
import { type PackedBatch, type PackedFeed, packedRows } from "./packed-batch.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** One batch on the backend, with what all layers share. Lives inside one `tf.tidy`. */
export interface ForwardPass {
  readonly feed: PackedFeed;
  /** Index tensors of `attention`, without dropout and scale. */
  readonly attention: Omit<AttentionOptions, "dropout" | "scale" | "queries">;
  /** A parameter that is a matrix, `[out, in]`. */
  matrix(name: string): tf.Tensor2D;
  /** Rows of a parameter that is a table. @param ids int32 `[N]` of a batch @returns float32 `[N, D]` */
  rows(name: string, ids: (batch: PackedBatch) => Int32Array): tf.Tensor2D;
  /** A parameter that is a bias or a gain. */
  vector(name: string): tf.Tensor1D;
  /** Dropout at a named site; `states` itself in evaluation or at rate 0. */
  drop(states: tf.Tensor2D, rate: number, site: string): tf.Tensor2D;
  /** The same as options, for operations that drop inside. */
  dropout(rate: number, site: string): { readonly dropout?: DropoutOptions };
}

/** What a forward pass needs of a network. */
export interface Network {
  readonly parameters: ParameterStore;
  /** H of attention. */
  readonly heads: number;
}

/** Puts the index arrays of attention on the backend. */
export function startForward(
  { parameters, heads }: Network,
  feed: PackedFeed,
  context: ForwardContext,
): ForwardPass {
  const { texts, slots } = feed.sizes;
  const rows = packedRows(feed.sizes);
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
    feed,
    attention: {
      heads,
      batch: texts,
      lengthTokens: slots,
      ...("rows" in feed.sizes
        ? { slots: attentionSlots(feed, { texts, slots, rows, heads }) }
        : {}),
    },
    matrix,
    rows(name, ids) {
      const { activeRows } = context;
      const isActive = activeRows?.parameter === name;
      const places = feed.array<tf.Rank.R1>("int32", [rows], (batch) =>
        isActive ? activePlaces(activeRows, ids(batch)) : ids(batch),
      );
      return embedding(isActive ? activeRows.table : matrix(name), places);
    },
    vector: (name) => parameters.get(name) as unknown as tf.Tensor1D,
    dropout: dropoutAt,
    drop(states, rate, site) {
      const options = dropoutAt(rate, site).dropout;
      return options === undefined ? states : dropout(states, options);
    },
  };
}

function attentionSlots(
  feed: PackedFeed,
  sizes: { texts: number; slots: number; rows: number; heads: number },
): AttentionSlots {
  const { texts, slots, rows, heads } = sizes;
  return {
    gather: feed.array<tf.Rank.R1>(
      "int32",
      [texts * heads * slots],
      ({ attention }) => attention.gather,
    ),
    scatter: feed.array<tf.Rank.R1>("int32", [rows * heads], ({ attention }) => attention.scatter),
    bias: feed.array<tf.Rank.R4>(
      "float32",
      [texts, 1, 1, slots],
      ({ attention }) => attention.bias,
    ),
  };
}
