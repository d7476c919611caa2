import * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import type { ChosenRows } from "./architecture.ts";
import { sharedByDistance } from "./by-distance.ts";

/** Far below any score, so that its share of a softmax is 0. */
const UNSEEN = -1e9;

/**
 * What keeps attention to tokens that are near: 0 up to a distance of `reach`, else far below any score.
 * @returns float32 `[1, 1, T, T]`, or `[B, 1, 1, T]` where one row a text asks
 */
export function localWindow(
  reach: number,
): (pass: ForwardPass, asking: ChosenRows | undefined) => tf.Tensor4D {
  return sharedByDistance((pass, shape, distances) => {
    const [texts, queries, slots] = shape;
    const bias = pass.feed.array<tf.Rank.R1>("float32", [texts * queries * slots], (batch) =>
      Float32Array.from(distances(batch), (distance) => (Math.abs(distance) <= reach ? 0 : UNSEEN)),
    );
    return tf.reshape(bias, [texts, 1, queries, slots]);
  });
}
