import { EspalierError } from "@espalier/core";
import { dot } from "./dot.ts";
import { argMax, requireLabels } from "./labels.ts";
import { type Matrix, requireMatrix } from "./matrix.ts";
import { softmax, solve } from "./softmax-regression.ts";

export interface LogisticRegressionOptions {
  /** float32 `[N, D]` */
  readonly features: Matrix;
  /** Class of each row, `[N]`, from 0. */
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
  /** Inverse strength of the L2 penalty, as in scikit-learn. Default 1. */
  readonly C?: number;
  /** Fit on features with mean 0 and deviation 1 (of the training rows). Default false. */
  readonly standardize?: boolean;
  /** Largest entry of the mean loss's gradient at the solution. Default 1e-7. */
  readonly tolerance?: number;
  /** Default 1000. */
  readonly maxIterations?: number;
}

/** A fitted model, always in terms of the features as they are given. */
export interface LogisticRegression {
  /** The classes that occur in the labels, ascending; no others are ever predicted. */
  readonly classes: Int32Array;
  readonly classCount: number;
  readonly dimension: number;
  /** float64 `[rows, D]`; one row a class of `classes`, but a single one for two classes (the second's). */
  readonly weights: Float64Array;
  /** float64 `[rows]` */
  readonly intercepts: Float64Array;
  readonly iterations: number;
  /** False when `maxIterations` or the precision of the numbers ended the search. */
  readonly converged: boolean;
}

/**
 * Fits a linear classifier: minimises `C · Σ cross-entropy + ½ ‖W‖²`, the intercepts not penalised, over
 * softmax scores, or for two classes over one logistic score. The same objective, and so the same
 * solution, as scikit-learn's `LogisticRegression(C)`.
 * @throws {EspalierError} SHAPE_MISMATCH when lengths disagree or a label is not below `classCount`;
 * CONFIG_INVALID when there are no rows or C is not positive; NOT_FINITE for a feature that is no number
 */
export function fitLogisticRegression(options: LogisticRegressionOptions): LogisticRegression {
  const { features, labels, classCount, C = 1 } = options;
  requireMatrix("features", features);
  const classes = presentClasses(labels, features.rows, classCount);
  if (!(C > 0)) throw new EspalierError("CONFIG_INVALID", `C has to be positive, not ${C}`);
  const odd = features.data.findIndex((value) => !Number.isFinite(value));
  const { dimension } = features;
  if (odd >= 0) {
    const row = Math.floor(odd / dimension);
    throw new EspalierError("NOT_FINITE", `features have ${features.data[odd]} in row ${row}`);
  }
  const fitted = { classes, classCount, dimension };
  if (classes.length === 1) {
    const nothing = { weights: new Float64Array(0), intercepts: new Float64Array(0) };
    return { ...fitted, ...nothing, iterations: 0, converged: true };
  }
  const scaling = scalingOf(features, options.standardize ?? false);
  const rows = classes.length === 2 ? 1 : classes.length;
  const problem = {
    features: scaled(features, scaling),
    targets: Int32Array.from({ length: features.rows }, (_, i) =>
      classes.indexOf(labels[i] as number),
    ),
    rows,
    penalty: 1 / (C * features.rows),
  };
  const { tolerance = 1e-7, maxIterations = 1000 } = options;
  const { x, iterations, converged } = solve(problem, { tolerance, maxIterations });
  return { ...fitted, ...unscaled(x, rows, scaling), iterations, converged };
}

/** @returns float64 `[N, classCount]`, rows that sum to 1 */
export function predictProbabilities(model: LogisticRegression, features: Matrix): Float64Array {
  requireMatrix("features", features);
  const { classes, classCount, dimension, weights, intercepts } = model;
  if (features.dimension !== dimension) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `features have ${features.dimension} columns, the model was fitted on ${dimension}`,
    );
  }
  const probabilities = new Float64Array(features.rows * classCount);
  const scores = new Float64Array(classes.length);
  for (let row = 0; row < features.rows; row++) {
    const x = features.data.subarray(row * dimension, (row + 1) * dimension);
    const first = classes.length - intercepts.length;
    for (let k = 0; k < intercepts.length; k++) {
      scores[first + k] = (intercepts[k] as number) + dot(weights, k * dimension, x);
    }
    softmax(scores);
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
  if (rows === 0) throw new EspalierError("CONFIG_INVALID", "there are no rows to fit on");
  requireLabels(labels, rows, classCount);
  return Int32Array.from(new Set(Array.from(labels))).sort();
}

interface Scaling {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** The means are always taken off: the intercept makes up for it, and the search is much shorter. */
function scalingOf({ data, rows, dimension }: Matrix, standardize: boolean): Scaling {
  const mean = new Float64Array(dimension);
  const variance = new Float64Array(dimension);
  for (let i = 0; i < data.length; i++) {
    const column = i % dimension;
    mean[column] = (mean[column] as number) + (data[i] as number) / rows;
  }
  for (let i = 0; i < data.length; i++) {
    const column = i % dimension;
    const distance = (data[i] as number) - (mean[column] as number);
    variance[column] = (variance[column] as number) + (distance * distance) / rows;
  }
  // A constant column stays as it is, like in scikit-learn's StandardScaler.
  const scale = variance.map((square) => (standardize && square > 0 ? Math.sqrt(square) : 1));
  return { mean, deviation: scale };
}

function scaled({ data, rows, dimension }: Matrix, { mean, deviation }: Scaling): Matrix {
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const column = i % dimension;
    result[i] = ((data[i] as number) - (mean[column] as number)) / (deviation[column] as number);
  }
  return { data: result, rows, dimension };
}

/** Weights for the features as they were before scaling. */
function unscaled(x: Float64Array, rows: number, { mean, deviation }: Scaling) {
  const dimension = mean.length;
  const weights = Float64Array.from(
    { length: rows * dimension },
    (_, i) => (x[i] as number) / (deviation[i % dimension] as number),
  );
  const intercepts = Float64Array.from(
    { length: rows },
    (_, k) => (x[rows * dimension + k] as number) - dot(weights, k * dimension, mean),
  );
  return { weights, intercepts };
}
