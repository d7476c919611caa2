import { dot } from "./dot.ts";
import { type FitOptions, type FittedWeights, fitLinear } from "./fit-linear.ts";
import { requireLabels } from "./labels.ts";
import { LINKS } from "./linear-problem.ts";
import { type Matrix, requireColumns, requireFeatures } from "./matrix.ts";

export interface OneVsRestOptions extends FitOptions {
  /** `[N, classCount]`, row after row: 1 where a class applies, else 0. */
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
}

/** Fitted models, one a class, in terms of the features as they are given. */
export interface OneVsRest extends FittedWeights {
  readonly classCount: number;
  readonly dimension: number;
  /** float64 `[classCount]`; infinite, beside weights of zero, for a class that applies to all rows or to none */
  readonly intercepts: Float64Array;
}

/**
 * Fits a logistic regression for each class, for rows that have any number of classes: the same solutions as scikit-learn's
 * `OneVsRestClassifier(LogisticRegression(C))`, found together.
 * @throws {EspalierError} SHAPE_MISMATCH when lengths disagree or a label is not 0 or 1; CONFIG_INVALID when there are no
 * rows or C is not positive; NOT_FINITE for a feature that is no number
 */
export function fitOneVsRest(options: OneVsRestOptions): OneVsRest {
  const { features, labels, classCount } = options;
  requireFeatures(features);
  const { rows: count, dimension } = features;
  requireLabels(labels, count * classCount, 2);
  const classes = Array.from({ length: classCount }, (_, k) => k);
  const positives = classes.map((k) => {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += labels[row * classCount + k] as number;
    return sum;
  });
  const open = classes.filter((k) => positives[k] !== 0 && positives[k] !== count);
  const wanted = new Uint8Array(count * open.length);
  for (let row = 0; row < count; row++)
    for (const [i, k] of open.entries())
      wanted[row * open.length + i] = labels[row * classCount + k] as number;
  const fitted = fitLinear(options, { link: "sigmoid", wanted, rows: open.length });
  const weights = new Float64Array(classCount * dimension);
  const intercepts = Float64Array.from(positives, (sum) => (sum === 0 ? -Infinity : Infinity));
  for (const [i, k] of open.entries()) {
    weights.set(fitted.weights.subarray(i * dimension, (i + 1) * dimension), k * dimension);
    intercepts[k] = fitted.intercepts[i] as number;
  }
  return { ...fitted, classCount, dimension, weights, intercepts };
}

/**
 * @returns float64 `[N, classCount]`, each for itself
 * @throws {EspalierError} SHAPE_MISMATCH for features of another width
 */
export function predictLabelProbabilities(model: OneVsRest, features: Matrix): Float64Array {
  const { classCount, dimension, weights, intercepts } = model;
  requireColumns(features, dimension);
  const probabilities = new Float64Array(features.rows * classCount);
  for (let row = 0; row < features.rows; row++) {
    const x = features.data.subarray(row * dimension, (row + 1) * dimension);
    for (let k = 0; k < classCount; k++)
      probabilities[row * classCount + k] =
        (intercepts[k] as number) + dot(weights, k * dimension, x);
  }
  LINKS.sigmoid.probabilities(probabilities);
  return probabilities;
}
