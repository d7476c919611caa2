import { EspalierError } from "@espalier/core";
import { cholesky, choleskySolve, gramMatrix } from "./cholesky.ts";
import { mean } from "./correlation.ts";
import { dot } from "./dot.ts";
import { requireSameLength } from "./labels.ts";
import { columnMeans, type Matrix, requireColumns, requireFeatures } from "./matrix.ts";

export interface RidgeRegressionOptions {
  /** float32 `[N, D]` */
  readonly features: Matrix;
  /** `[N]` */
  readonly targets: ArrayLike<number>;
  /** Strength of the L2 penalty, as in scikit-learn. Default 1. */
  readonly alpha?: number;
}

/** A fitted model: `intercept + weights · x`. */
export interface RidgeRegression {
  /** float64 `[D]` */
  readonly weights: Float64Array;
  readonly intercept: number;
}

/**
 * Fits a linear model of a number: minimises `Σ (y − b − w·x)² + α ‖w‖²`, the same as scikit-learn's `Ridge(alpha)`, by the
 * normal equations of the centered features: `N D² / 2` multiplications.
 * @throws {EspalierError} SHAPE_MISMATCH when lengths disagree; CONFIG_INVALID when there are no rows or alpha is not
 *   positive; NOT_FINITE for a feature or target that is no number
 */
export function fitRidgeRegression(options: RidgeRegressionOptions): RidgeRegression {
  const { features, targets, alpha = 1 } = options;
  requireFeatures(features);
  const { data, rows, dimension } = features;
  requireSameLength(targets, { length: rows });
  if (!(alpha > 0))
    throw new EspalierError("CONFIG_INVALID", `alpha has to be positive, not ${alpha}`);
  const means = columnMeans(features);
  const center = mean(targets);
  if (!Number.isFinite(center))
    throw new EspalierError("NOT_FINITE", "targets have values that are not finite");
  const columns = new Float64Array(dimension * rows); // centered
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < dimension; i++)
      columns[i * rows + row] = (data[row * dimension + i] as number) - (means[i] as number);
  const distances = Float64Array.from(targets, (target) => target - center);
  const gram = gramMatrix(columns, rows); // XᵀX, to which αI comes
  const weights = Float64Array.from(means, (_, i) => dot(columns, i * rows, distances)); // Xᵀy
  for (let i = 0; i < dimension; i++)
    gram[i * dimension + i] = (gram[i * dimension + i] as number) + alpha;
  cholesky(gram, dimension);
  choleskySolve(gram, weights);
  return { weights, intercept: center - dot(weights, 0, means) };
}

/** @returns float64 `[N]` @throws {EspalierError} SHAPE_MISMATCH for features of another width */
export function predictNumbers(
  { weights, intercept }: RidgeRegression,
  features: Matrix,
): Float64Array {
  requireColumns(features, weights.length);
  const { data, rows, dimension } = features;
  return Float64Array.from(
    { length: rows },
    (_, row) => intercept + dot(data, row * dimension, weights),
  );
}
