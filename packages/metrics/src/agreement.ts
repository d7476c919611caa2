import { marginals } from "./confusion-matrix.ts";

type Confusion = readonly (readonly number[])[];

/** Mean recall over the classes that occur in the truth; NaN without rows. */
export function balancedAccuracy(confusion: Confusion): number {
  const { truths } = marginals(confusion);
  let sum = 0;
  let present = 0;
  for (const [k, count] of truths.entries()) {
    if (count === 0) continue;
    sum += (confusion[k]?.[k] as number) / count;
    present++;
  }
  return sum / present;
}

/**
 * Matthews' correlation coefficient for any number of classes (Gorodkin 2004), from -1 to 1; 0 when the
 * truth or the prediction has only one class, as in scikit-learn.
 */
export function matthewsCorrelation(confusion: Confusion): number {
  const { truths, predictions, hits, total } = marginals(confusion);
  const product = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
  const covariance = hits * total - product(truths, predictions);
  const spread =
    (total * total - product(truths, truths)) * (total * total - product(predictions, predictions));
  return spread === 0 ? 0 : covariance / Math.sqrt(spread);
}

/** Cohen's kappa: agreement beyond chance; NaN when chance alone would agree everywhere. */
export function cohenKappa(confusion: Confusion): number {
  const { truths, predictions, hits, total } = marginals(confusion);
  const chance =
    truths.reduce((sum, count, k) => sum + count * (predictions[k] as number), 0) / total;
  return (hits - chance) / (total - chance);
}

/**
 * Cohen's kappa for ordered classes: a confusion counts by the square of the distance (Cohen 1968). From −1 to 1; NaN when
 * truth and prediction are one and the same class throughout.
 */
export function quadraticKappa(confusion: Confusion): number {
  const { truths, predictions, total } = marginals(confusion);
  let seen = 0;
  let byChance = 0;
  for (const [i, row] of confusion.entries())
    for (const [j, count] of row.entries()) {
      const weight = (i - j) ** 2;
      seen += weight * count;
      byChance += (weight * (truths[i] as number) * (predictions[j] as number)) / total;
    }
  return 1 - seen / byChance;
}
