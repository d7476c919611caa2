import { EspalierError } from "@espalier/core";
import { dot } from "./dot.ts";
import { type LinearProblem, solve } from "./linear-problem.ts";
import { columnMeans, type Matrix } from "./matrix.ts";

export interface FitOptions {
  /** float32 `[N, D]` */
  readonly features: Matrix;
  /** Inverse strength of the L2 penalty, as in scikit-learn. Default 1. */
  readonly C?: number;
  /** Fit on features with mean 0 and deviation 1 (of the training rows). Default false. */
  readonly standardize?: boolean;
  /** Largest entry of the mean loss's gradient at the solution. Default 1e-7. */
  readonly tolerance?: number;
  /** Default 1000. */
  readonly maxIterations?: number;
}

export interface FittedWeights {
  /** float64 `[rows, D]` */
  readonly weights: Float64Array;
  /** float64 `[rows]` */
  readonly intercepts: Float64Array;
  readonly iterations: number;
  /** False when `maxIterations` or the precision of the numbers ended the search. */
  readonly converged: boolean;
}

/**
 * Minimises `C · Σ loss + ½ ‖W‖²`, the intercepts not penalised.
 * @param options.features checked by `requireFeatures`
 * @throws {EspalierError} CONFIG_INVALID when C is not positive
 */
export function fitLinear(
  options: FitOptions,
  problem: Pick<LinearProblem, "link" | "wanted" | "rows">,
): FittedWeights {
  const { features, C = 1, tolerance = 1e-7, maxIterations = 1000 } = options;
  if (!(C > 0)) throw new EspalierError("CONFIG_INVALID", `C has to be positive, not ${C}`);
  const scaling = scalingOf(features, options.standardize ?? false);
  const { x, iterations, converged } = solve(
    { ...problem, features: scaled(features, scaling), penalty: 1 / (C * features.rows) },
    { tolerance, maxIterations },
  );
  return { ...unscaled(x, problem.rows, scaling), iterations, converged };
}

interface Scaling {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** The means are always taken off: the intercept makes up for it, and the search is much shorter. */
function scalingOf(features: Matrix, standardize: boolean): Scaling {
  const { data, rows, dimension } = features;
  const mean = columnMeans(features);
  const variance = new Float64Array(dimension);
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
