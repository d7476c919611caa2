import { requireSameLength } from "./labels.ts";

/**
 * Share of equal entries; NaN without any.
 * @throws {EspalierError} SHAPE_MISMATCH when lengths differ
 */
export function accuracy(truth: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requireSameLength(truth, predicted);
  let hits = 0;
  for (let i = 0; i < truth.length; i++) if (truth[i] === predicted[i]) hits++;
  return hits / truth.length;
}
