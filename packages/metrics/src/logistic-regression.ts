import { dot } from "./dot.ts";
import { type FitOptions, type FittedWeights, fitLinear } from "./fit-linear.ts";
import { argMax, requireLabels } from "./labels.ts";
import { LINKS } from "./linear-problem.ts";
import { type Matrix, requireColumns, requireFeatures } from "./matrix.ts";

export interface LogisticRegressionOptions extends FitOptions {
  /** Class of each row, `[N]`, from 0. */
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
}

/** A fitted model, always in terms of the features as they are given. */
export interface LogisticRegression extends FittedWeights {
  /** The classes that occur in the labels, ascending; no others are ever predicted. */
  readonly classes: Int32Array;
  readonly classCount: number;
  readonly dimension: number;
  /** float64 `[rows, D]`; one row a class of `classes`, but a single one for two classes (the second's) */
  readonly weights: Float64Array;
}

/**
 * Fits a linear classifier: minimises `C · Σ cross-entropy + ½ ‖W‖²`, the intercepts not penalised, over
 * softmax scores, or for two classes over one logistic score. The same objective, and so the same
 * solution, as scikit-learn's `LogisticRegression(C)`.
 * @throws {EspalierError} SHAPE_MISMATCH when lengths disagree or a label is not below `classCount`;
 * CONFIG_INVALID when there are no rows or C is not positive; NOT_FINITE for a feature that is no number
 */
export function fitLogisticRegression(options: LogisticRegressionOptions): LogisticRegression {
  const { features, labels, classCount } = options;
  requireFeatures(features);
  const classes = presentClasses(labels, features.rows, classCount);
  const fitted = { classes, classCount, dimension: features.dimension };
  if (classes.length === 1) {
    const nothing = { weights: new Float64Array(0), intercepts: new Float64Array(0) };
    return { ...fitted, ...nothing, iterations: 0, converged: true };
  }
  const second = classes.length === 2 ? classes[1] : undefined;
  const wanted = Array.from(labels, (label) =>
    second === undefined
      ? Array.from(classes, (name) => Number(name === label))
      : [Number(label === second)],
  );
  const link = second === undefined ? "softmax" : "sigmoid";
  const rows = second === undefined ? classes.length : 1;
  return {
    ...fitted,
    ...fitLinear(options, { link, wanted: Uint8Array.from(wanted.flat()), rows }),
  };
}

/** @returns float64 `[N, classCount]`, rows that sum to 1 */
export function predictProbabilities(model: LogisticRegression, features: Matrix): Float64Array {
  const { classes, classCount, dimension, weights, intercepts } = model;
  requireColumns(features, dimension);
  const probabilities = new Float64Array(features.rows * classCount);
  const scores = new Float64Array(classes.length);
  for (let row = 0; row < features.rows; row++) {
    const x = features.data.subarray(row * dimension, (row + 1) * dimension);
    const first = classes.length - intercepts.length;
    for (let k = 0; k < intercepts.length; k++) {
      scores[first + k] = (intercepts[k] as number) + dot(weights, k * dimension, x);
    }
    LINKS.softmax.probabilities(scores);
    for (const [k, label] of classes.entries()) {
      probabilities[row * classCount + label] = scores[k] as number;
    }
    scores.fill(0);
  }
  return probabilities;
}

/** @returns int32 `[N]`, the likeliest class of each row */
export function predictClasses(model: LogisticRegression, features: Matrix): Int32Array {
  const probabilities = predictProbabilities(model, features);
  return Int32Array.from({ length: features.rows }, (_, row) => {
    const start = row * model.classCount;
    return argMax(probabilities.subarray(start, start + model.classCount));
  });
}

function presentClasses(labels: ArrayLike<number>, rows: number, classCount: number): Int32Array {
  requireLabels(labels, rows, classCount);
  return Int32Array.from(new Set(Array.from(labels))).sort();
}
