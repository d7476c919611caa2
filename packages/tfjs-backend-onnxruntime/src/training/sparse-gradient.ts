import { EspalierError } from "@espalier/core";
import { dataOf, type RowSums, type Value } from "../graph/value.ts";
import type { SlotState } from "./slot-update.ts";
import { type ElementRange, rangesOfRows } from "./touched-rows.ts";

/**
 * The gradient of an embedding table is zero but for the rows of a batch's tokens. Adding these rows up in place saves
 * the runtime from writing the whole table twice (94 MB for BERT's vocabulary).
 * @returns what to add, or undefined where the gradient is not of this kind or not small enough to gain by it
 */
export function sparseGradient(value: Value): RowSums | undefined {
  const sums = value.deferred?.rowSumsOf(value) ?? value.node?.rowSums;
  if (sums === undefined || sums.rows.dtype !== "float32") return undefined;
  return sums.rows.size * 4 <= value.size ? sums : undefined;
}

/** The region of a gradient and what is known about its content, see `SlotState`. */
export type SparseRegion = Pick<SlotState, "gradient" | "gradientRanges" | "rows">;

/**
 * Replaces the region's content by the sums of rows.
 * @returns the elements that may not be zero now
 * @throws {EspalierError} BACKEND_FAILED for an id outside of the table; the region is zero then
 */
export function addRowSums(
  { gradient, gradientRanges, rows: touched }: SparseRegion,
  sums: RowSums,
): readonly ElementRange[] {
  const [count, width] = sums.rows.shape as [number, number];
  const rows = dataOf(sums.rows) as Float32Array;
  const ids = dataOf(sums.ids) as Int32Array;
  const all = [{ start: 0, end: gradient.length }];
  for (const { start, end } of gradientRanges ?? all) gradient.fill(0, start, end);
  const limit = gradient.length / width;
  for (let n = 0; n < count; n++) {
    const id = ids[n] as number;
    if (id < 0 || id >= limit) {
      throw new EspalierError(
        "BACKEND_FAILED",
        `row ${id} of a table of ${limit} rows has a gradient`,
      );
    }
  }
  for (let n = 0; n < count; n++) {
    const to = (ids[n] as number) * width;
    const from = n * width;
    for (let d = 0; d < width; d++) {
      gradient[to + d] = (gradient[to + d] as number) + (rows[from + d] as number);
    }
  }
  touched?.add(ids);
  return rangesOfRows(ids, [limit, width]);
}
