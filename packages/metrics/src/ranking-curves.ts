import { EspalierError } from "@espalier/core";
import { requireLabels, requireSameLength } from "./labels.ts";
import { ascendingOrder, averageRanks } from "./ranks.ts";

/**
 * Area under the ROC curve: the chance that a positive row scores above a negative one, ties half.
 * @param truth 1 = positive, 0 = negative
 * @param scores any increasing measure of "positive"
 * @returns NaN when one of the two is missing
 */
export function rocAuc(truth: ArrayLike<number>, scores: ArrayLike<number>): number {
  requireSameLength(truth, scores);
  requireLabels(truth, truth.length, 2);
  const ranks = averageRanks(scores);
  let positives = 0;
  let sum = 0;
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] !== 1) continue;
    positives++;
    sum += ranks[i] as number;
  }
  const negatives = truth.length - positives;
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/**
 * Average precision, `Σ (R_n - R_{n-1}) P_n` over the distinct scores from the top, as in scikit-learn.
 * @returns NaN without a positive row
 */
export function averagePrecision(truth: ArrayLike<number>, scores: ArrayLike<number>): number {
  requireSameLength(truth, scores);
  requireLabels(truth, truth.length, 2);
  const order = ascendingOrder(scores).reverse();
  let positives = 0;
  let newPositives = 0;
  let sum = 0;
  for (const [i, row] of order.entries()) {
    if (truth[row] === 1) newPositives++;
    const next = order[i + 1];
    if (next !== undefined && scores[next] === scores[row]) continue;
    positives += newPositives;
    sum += (newPositives * positives) / (i + 1);
    newPositives = 0;
  }
  return sum / positives;
}

export interface MulticlassAucOptions {
  /** Probabilities, row after row, `[N, classCount]`. */
  readonly probabilities: ArrayLike<number>;
  readonly classCount: number;
  /**
   * - `one-vs-rest` (default): the mean over the classes
   * - `one-vs-rest-weighted`: weighted by the rows of each class
   * - `one-vs-one`: the mean over pairs of classes (Hand and Till 2001)
   */
  readonly average?: "one-vs-rest" | "one-vs-rest-weighted" | "one-vs-one";
}

/**
 * ROC-AUC for several classes.
 * @param truth true classes, `[N]`
 * @returns NaN when a class does not occur in the truth
 */
export function multiclassRocAuc(truth: ArrayLike<number>, options: MulticlassAucOptions): number {
  const { classCount, average = "one-vs-rest" } = options;
  const column = columnReader(truth, options);
  const all = Array.from({ length: truth.length }, (_, row) => row);
  const classes = Array.from({ length: classCount }, (_, k) => k);
  const rest = (k: number, rows: readonly number[]) => {
    const isClass = rows.map((row) => (truth[row] === k ? 1 : 0));
    return rocAuc(isClass, column(k, rows));
  };
  if (average === "one-vs-one") {
    const pairs = classes.flatMap((a) => classes.slice(a + 1).map((b) => [a, b] as const));
    const areas = pairs.map(([a, b]) => {
      const rows = all.filter((row) => truth[row] === a || truth[row] === b);
      return (rest(a, rows) + rest(b, rows)) / 2;
    });
    return areas.reduce((sum, area) => sum + area, 0) / areas.length;
  }
  const weights = classes.map((k) =>
    average === "one-vs-rest" ? 1 : all.filter((row) => truth[row] === k).length,
  );
  const sum = classes.reduce((total, k) => total + (weights[k] as number) * rest(k, all), 0);
  return sum / weights.reduce((a, b) => a + b, 0);
}

function columnReader(
  truth: ArrayLike<number>,
  { probabilities, classCount }: MulticlassAucOptions,
): (k: number, rows: readonly number[]) => number[] {
  requireLabels(truth, truth.length, classCount);
  if (probabilities.length !== truth.length * classCount) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `${probabilities.length} probabilities for ${truth.length} rows of ${classCount} classes`,
    );
  }
  return (k, rows) => rows.map((row) => probabilities[row * classCount + k] as number);
}
