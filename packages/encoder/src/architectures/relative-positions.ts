import { embedding } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import type { PackedBatch } from "../packed-batch.ts";
import type { ChosenRows, ParameterSpec } from "./architecture.ts";

/** A learned number for each bucket of distances and each head, added to the scores of attention (Raffel et al. 2019). */
export interface RelativePositions {
  /** Name of the table `[buckets, H]`. */
  readonly table: string;
  /** Half of them for keys before the query, half for those behind it. */
  readonly buckets: number;
  /** From this distance on there is one bucket. */
  readonly maxDistance: number;
}

/** The parameter of relative positions, and the bias that all layers of a pass share. */
export function relativePositions(
  positions: RelativePositions,
  heads: number,
): {
  readonly parameters: readonly ParameterSpec[];
  /** float32 `[1, H, T, T]`, or `[B, H, 1, T]` where one row a text asks */
  bias(pass: ForwardPass, asking: ChosenRows | undefined): tf.Tensor4D;
} {
  const { table, buckets } = positions;
  const shared = new WeakMap<ForwardPass, tf.Tensor4D>();
  const lookUp = (
    pass: ForwardPass,
    [texts, queries, slots]: readonly [number, number, number],
    queriesOf: (batch: PackedBatch) => ArrayLike<number>,
  ): tf.Tensor4D => {
    const places = pass.feed.array<tf.Rank.R1>("int32", [texts * queries * slots], (batch) =>
      bucketsFrom(queriesOf(batch), batch.attention.lengthTokens, positions),
    );
    const rows = embedding(pass.matrix(table), places);
    return tf.transpose(tf.reshape(rows, [texts, queries, slots, heads]), [0, 3, 1, 2]);
  };
  return {
    parameters: [{ name: table, shape: [buckets, heads], group: "embeddings" }],
    bias(pass, asking) {
      const { texts, slots } = pass.feed.sizes;
      if (asking !== undefined) return lookUp(pass, [texts, 1, slots], asking.positions);
      const known = shared.get(pass);
      if (known !== undefined) return known;
      const bias = lookUp(pass, [1, slots, slots], ({ attention }) =>
        Int32Array.from({ length: attention.lengthTokens }, (_, position) => position),
      );
      shared.set(pass, bias);
      return bias;
    },
  };
}

/** The bucket of every key as each query sees it. @returns int32 `[queries · length]` */
function bucketsFrom(
  queries: ArrayLike<number>,
  length: number,
  positions: RelativePositions,
): Int32Array {
  const places = new Int32Array(queries.length * length);
  for (let i = 0; i < queries.length; i++) {
    for (let key = 0; key < length; key++) {
      places[i * length + key] = bucketOf(key - (queries[i] as number), positions);
    }
  }
  return places;
}

/**
 * Small distances have a bucket each, larger ones share buckets that grow with the logarithm. In float32, as the models
 * were trained: the logarithm of a power of two may come out on either side of a border.
 */
export function bucketOf(
  distance: number,
  { buckets, maxDistance }: Pick<RelativePositions, "buckets" | "maxDistance">,
): number {
  const half = buckets / 2;
  const exact = half / 2;
  const side = distance > 0 ? half : 0;
  const length = Math.abs(distance);
  if (length < exact) return side + length;
  const { fround, log } = Math;
  const share = fround(fround(log(fround(length / exact))) / fround(log(maxDistance / exact)));
  return side + Math.min(half - 1, exact + Math.trunc(fround(share * (half - exact))));
}
