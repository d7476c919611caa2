import type * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import type { PackedBatch } from "../packed-batch.ts";
import type { ChosenRows } from "./architecture.ts";

/**
 * A bias of attention's scores that follows from distances, of a pass.
 * @param shape texts (1 where all have the same), queries a text, keys
 * @param distances position of the key less that of the query, int32 `[texts · queries · keys]` of a batch
 */
export type MakeBias = (
  pass: ForwardPass,
  shape: readonly [texts: number, queries: number, keys: number],
  distances: (batch: PackedBatch) => Int32Array,
) => tf.Tensor4D;

/** Makes such a bias once a pass for all layers, and another one where one row a text asks. */
export function sharedByDistance(
  make: MakeBias,
): (pass: ForwardPass, asking: ChosenRows | undefined) => tf.Tensor4D {
  const shared = new WeakMap<ForwardPass, tf.Tensor4D>();
  return (pass, asking) => {
    const { texts, slots } = pass.feed.sizes;
    if (asking !== undefined) {
      return make(pass, [texts, 1, slots], (batch) =>
        distancesFrom(asking.positions(batch), batch.attention.lengthTokens),
      );
    }
    const known = shared.get(pass);
    if (known !== undefined) return known;
    const bias = make(pass, [1, slots, slots], ({ attention: { lengthTokens } }) =>
      distancesFrom(
        Int32Array.from({ length: lengthTokens }, (_, position) => position),
        lengthTokens,
      ),
    );
    shared.set(pass, bias);
    return bias;
  };
}

/** @returns int32 `[queries · keys]` */
function distancesFrom(queries: Int32Array, keys: number): Int32Array {
  const distances = new Int32Array(queries.length * keys);
  for (const [i, query] of queries.entries())
    for (let key = 0; key < keys; key++) distances[i * keys + key] = key - query;
  return distances;
}
