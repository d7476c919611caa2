import { embedding } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import type { ChosenRows, ParameterSpec } from "./architecture.ts";
import { sharedByDistance } from "./by-distance.ts";

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
  return {
    parameters: [{ name: table, shape: [buckets, heads], group: "embeddings" }],
    bias: sharedByDistance((pass, [texts, queries, slots], distances) => {
      const places = pass.feed.array<tf.Rank.R1>("int32", [texts * queries * slots], (batch) =>
        distances(batch).map((distance) => bucketOf(distance, positions)),
      );
      const rows = embedding(pass.matrix(table), places);
      return tf.transpose(tf.reshape(rows, [texts, queries, slots, heads]), [0, 3, 1, 2]);
    }),
  };
}

/**
 * Small distances have a bucket each, larger ones share buckets that grow with the logarithm. In float32, as the models
 * were trained: the logarithm of a power of two may come out on either side of a border.
 */
function bucketOf(
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
