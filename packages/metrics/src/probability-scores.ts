import { EspalierError } from "@espalier/core";
import { requireLabels } from "./labels.ts";

/**
 * Mean negative logarithm of the probability of the true class, in nats. Probabilities are kept
 * 2.2e-16 away from 0 and 1, as in scikit-learn.
 * @param truth true classes, `[N]`
 * @param probabilities row after row, `[N, classCount]`, each row sums to 1
 * @returns NaN without rows
 */
export function logLoss(
  truth: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  classCount: number,
): number {
  requireRows(truth, probabilities, classCount);
  let sum = 0;
  for (let row = 0; row < truth.length; row++) {
    const p = probabilities[row * classCount + (truth[row] as number)] as number;
    sum -= Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p)));
  }
  return sum / truth.length;
}

/**
 * Share of rows whose true class is among the `k` with the highest scores; of equal scores the first
 * classes count as higher.
 * @param scores row after row, `[N, classCount]`
 * @returns NaN without rows
 */
export function topKAccuracy(
  truth: ArrayLike<number>,
  scores: ArrayLike<number>,
  { classCount, k }: { classCount: number; k: number },
): number {
  requireRows(truth, scores, classCount);
  let hits = 0;
  for (let row = 0; row < truth.length; row++) {
    const target = truth[row] as number;
    const own = scores[row * classCount + target] as number;
    let above = 0;
    for (let other = 0; other < classCount; other++) {
      const score = scores[row * classCount + other] as number;
      if (score > own || (score === own && other < target)) above++;
    }
    if (above < k) hits++;
  }
  return hits / truth.length;
}

function requireRows(
  truth: ArrayLike<number>,
  scores: ArrayLike<number>,
  classCount: number,
): void {
  requireLabels(truth, truth.length, classCount);
  if (scores.length === truth.length * classCount) return;
  throw new EspalierError(
    "SHAPE_MISMATCH",
    `${scores.length} scores for ${truth.length} rows of ${classCount} classes`,
  );
}
