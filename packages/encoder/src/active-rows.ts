import { EspalierError } from "@espalier/core";
import type * as tf from "@tensorflow/tfjs-core";

/** Some rows of an embedding table, packed: what training differentiates and updates in place of the whole. */
export interface ActiveRows {
  /** Name of the table they are taken from. */
  readonly parameter: string;
  /** float32 `[A, D]` */
  readonly table: tf.Tensor2D;
  /** int32 `[V]`: where each row of the whole table is among the active ones, -1 = not at all */
  readonly places: Int32Array;
}

/**
 * Where some rows of the whole table are among the active ones.
 * @param ids int32 `[N]`, rows of the whole table
 * @returns   int32 `[N]`
 * @throws {EspalierError} SHAPE_MISMATCH for a row that is not active
 */
export function activePlaces({ places, parameter }: ActiveRows, ids: Int32Array): Int32Array {
  return ids.map((id) => {
    const place = places[id] ?? -1;
    if (place === -1)
      throw new EspalierError(
        "SHAPE_MISMATCH",
        `row ${id} of ${parameter} is read, but it is not among the active rows`,
      );
    return place;
  });
}
