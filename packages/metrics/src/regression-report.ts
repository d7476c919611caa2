import { mean, pearson, spearman } from "./correlation.ts";
import { requireSameLength } from "./labels.ts";

/** What a regression is judged by. Correlations are NaN where they are undefined. */
export interface RegressionReport {
  readonly count: number;
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
  /**
   * 1 - squared errors / squared distances from the mean. For a constant truth 1 if there are no errors,
   * else 0, as in scikit-learn; NaN for fewer than two rows.
   */
  readonly r2: number;
  /** As r2, but a constant offset is no error. */
  readonly explainedVariance: number;
  readonly pearson: number;
  readonly spearman: number;
}

/** @throws {EspalierError} SHAPE_MISMATCH when lengths differ */
export function regressionReport(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
): RegressionReport {
  requireSameLength(truth, predicted);
  const errors = Float64Array.from(
    { length: truth.length },
    (_, i) => (truth[i] as number) - (predicted[i] as number),
  );
  const mse = mean(errors.map((error) => error * error));
  const spread = variance(truth);
  return {
    count: truth.length,
    mse,
    rmse: Math.sqrt(mse),
    mae: mean(errors.map(Math.abs)),
    r2: truth.length < 2 ? Number.NaN : explained(mse, spread),
    explainedVariance: truth.length === 0 ? Number.NaN : explained(variance(errors), spread),
    pearson: pearson(truth, predicted),
    spearman: spearman(truth, predicted),
  };
}

function explained(unexplained: number, spread: number): number {
  if (spread === 0) return unexplained === 0 ? 1 : 0;
  return 1 - unexplained / spread;
}

function variance(values: ArrayLike<number>): number {
  const center = mean(values);
  return mean(Float64Array.from(values, (value) => (value - center) ** 2));
}
