import { EspalierError } from "@espalier/core";

/** @throws {EspalierError} SHAPE_MISMATCH when lengths differ */
export function requireSameLength(truth: ArrayLike<unknown>, other: ArrayLike<unknown>): void {
  if (truth.length === other.length) return;
  throw new EspalierError(
    "SHAPE_MISMATCH",
    `${truth.length} true values, but ${other.length} others`,
  );
}

/** @throws {EspalierError} SHAPE_MISMATCH unless there are `rows` whole numbers from 0 below `classCount` */
export function requireLabels(labels: ArrayLike<number>, rows: number, classCount: number): void {
  if (labels.length !== rows) {
    throw new EspalierError("SHAPE_MISMATCH", `${labels.length} labels for ${rows} rows`);
  }
  for (let i = 0; i < rows; i++) {
    const label = labels[i] as number;
    if (Number.isInteger(label) && label >= 0 && label < classCount) continue;
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `label ${label} in row ${i} is not one of the ${classCount} classes 0 to ${classCount - 1}`,
    );
  }
}

/** Position of the largest value, the first of equal ones. */
export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if ((values[i] as number) > (values[best] as number)) best = i;
  }
  return best;
}
