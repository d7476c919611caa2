import type { Rng } from "@espalier/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { BatchFeed, BatchSizes } from "./compile-batches.ts";
import { dropoutMask } from "./dropout-mask.ts";
import { recycledBytes } from "./recycled-bytes.ts";

/** Where dropout draws its masks: now from a stream, or from the one that comes with each batch. */
export type RandomStream = Rng | FedStream;

/** The streams of the batches of a feed. */
export interface FedStream {
  /** Of each batch the fork of its stream. */
  fork(label: string | number): FedStream;
  /** `dropoutMask` of each batch. @returns bool `[length]` */
  mask(length: number, rate: number): tf.Tensor1D;
}

export function fedStream<Batch>(
  feed: BatchFeed<Batch, BatchSizes>,
  streamOf: (batch: Batch) => Rng,
): FedStream {
  return {
    fork: (label) => fedStream(feed, (batch) => streamOf(batch).fork(label)),
    mask: (length, rate) =>
      feed.array<tf.Rank.R1>("bool", [length], (batch, actual) =>
        dropoutMask(actual, { rate, rng: streamOf(batch), bytes: recycledBytes(actual) }),
      ),
  };
}
