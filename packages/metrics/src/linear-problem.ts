import { cholesky, choleskySolve, gramMatrix } from "./cholesky.ts";
import { dot } from "./dot.ts";
import type { Matrix } from "./matrix.ts";
import { type Minimum, minimize, type Objective } from "./minimize.ts";

/**
 * `mean loss + penalty / 2 · ‖W‖²` as a function of the weights `[rows, D]` followed by the intercepts `[rows]`, which are
 * not penalised.
 */
export interface LinearProblem {
  /** Centred columns: then the intercepts hardly depend on the weights. */
  readonly features: Matrix;
  /** `softmax`: each row of the features has one class; `sigmoid`: each class applies or not, for itself. */
  readonly link: Link;
  /** `[N, rows]`, 1 where a class applies and else 0 */
  readonly wanted: Uint8Array;
  /** Rows of weights: classes. */
  readonly rows: number;
  readonly penalty: number;
}

export type Link = "softmax" | "sigmoid";

/** Iterations with one preconditioner; by then the classes are no longer equally likely. */
const ROUND = 25;

/**
 * The minimum, by L-BFGS on a problem that an approximate Hessian has rounded: without it, correlated
 * features take hundreds of iterations instead of tens.
 */
export function solve(
  problem: LinearProblem,
  options: { tolerance: number; maxIterations: number },
): Minimum {
  const objective = objectiveOf(problem);
  let x: Float64Array = new Float64Array(problem.rows * (problem.features.dimension + 1));
  let iterations = 0;
  for (;;) {
    const minimum = minimize(objective, x, {
      tolerance: options.tolerance,
      maxIterations: Math.min(ROUND, options.maxIterations - iterations),
      precondition: preconditioner(problem, x),
    });
    x = minimum.x;
    iterations += minimum.iterations;
    const stuck = minimum.iterations < ROUND;
    if (minimum.converged || stuck) return { ...minimum, iterations };
  }
}

interface LinkFunction {
  /**
   * Replaces scores by probabilities.
   * @returns what the loss of a row is, but for the scores of the classes that apply, which go off
   */
  probabilities(scores: Float64Array): number;
  /** Mean of the diagonal of the Hessian by the scores, as one block for all classes. */
  curvature(probabilities: Float64Array): number;
}

export const LINKS: Readonly<Record<Link, LinkFunction>> = {
  softmax: {
    probabilities(scores) {
      let most = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < scores.length; k++) most = Math.max(most, scores[k] as number);
      let sum = 0;
      for (let k = 0; k < scores.length; k++) {
        scores[k] = Math.exp((scores[k] as number) - most);
        sum += scores[k] as number;
      }
      for (let k = 0; k < scores.length; k++) scores[k] = (scores[k] as number) / sum;
      return most + Math.log(sum);
    },
    // Exact where all classes are equally likely (Böhning, Multinomial logistic regression algorithm, 1992).
    curvature: (probabilities) => spread(probabilities) / (probabilities.length - 1),
  },
  sigmoid: {
    probabilities(scores) {
      let sum = 0;
      for (let k = 0; k < scores.length; k++) {
        const score = scores[k] as number;
        sum += Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score)));
        scores[k] = 1 / (1 + Math.exp(-score));
      }
      return sum;
    },
    curvature: (probabilities) => spread(probabilities) / probabilities.length,
  },
};

function spread(probabilities: Float64Array): number {
  let sum = 0;
  for (const p of probabilities) sum += p * (1 - p);
  return sum;
}

/** Rows handled at a time: each weight and gradient entry is then loaded once for four rows. */
const BLOCK = 4;

function objectiveOf(problem: LinearProblem): Objective {
  const { features, link, wanted, rows, penalty } = problem;
  const { rows: count, dimension } = features;
  const size = rows * dimension;
  const { probabilities } = LINKS[link];
  const scores = new Float64Array(rows);
  const data = paddedRows(features);
  const block = new Float64Array(BLOCK * rows);
  return (x, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let start = 0; start < count; start += BLOCK) {
      const vectors = data.subarray(start * dimension, (start + BLOCK) * dimension);
      scoreBlock(x, vectors, block);
      for (let b = 0; b < BLOCK; b++) {
        if (start + b >= count) {
          block.fill(0, b * rows, (b + 1) * rows);
          continue;
        }
        const first = (start + b) * rows;
        for (let k = 0; k < rows; k++) {
          const score = (block[b * rows + k] as number) + (x[size + k] as number);
          scores[k] = score;
          if (wanted[first + k] === 1) loss -= score;
        }
        loss += probabilities(scores);
        for (let k = 0; k < rows; k++) {
          const error = ((scores[k] as number) - (wanted[first + k] as number)) / count;
          block[b * rows + k] = error;
          gradient[size + k] = (gradient[size + k] as number) + error;
        }
      }
      addGradient(gradient, vectors, block);
    }
    let squares = 0;
    for (let i = 0; i < size; i++) {
      const weight = x[i] as number;
      squares += weight * weight;
      gradient[i] = (gradient[i] as number) + penalty * weight;
    }
    return loss / count + (penalty * squares) / 2;
  };
}

/** The data with rows of zeros to a multiple of the block. */
function paddedRows({ data, rows, dimension }: Matrix): Float32Array {
  const padded = new Float32Array(Math.ceil(rows / BLOCK) * BLOCK * dimension);
  padded.set(data);
  return padded;
}

/** @param block float64 `[BLOCK, rows]`, becomes the vectors times the weights */
function scoreBlock(weights: Float64Array, vectors: Float32Array, block: Float64Array): void {
  const dimension = vectors.length / BLOCK;
  const rows = block.length / BLOCK;
  for (let k = 0; k < rows; k++) {
    const start = k * dimension;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0; i < dimension; i++) {
      const weight = weights[start + i] as number;
      a += weight * (vectors[i] as number);
      b += weight * (vectors[dimension + i] as number);
      c += weight * (vectors[2 * dimension + i] as number);
      d += weight * (vectors[3 * dimension + i] as number);
    }
    block[k] = a;
    block[rows + k] = b;
    block[2 * rows + k] = c;
    block[3 * rows + k] = d;
  }
}

/** @param block float64 `[BLOCK, rows]`, derivatives by the scores */
function addGradient(gradient: Float64Array, vectors: Float32Array, block: Float64Array): void {
  const dimension = vectors.length / BLOCK;
  const rows = block.length / BLOCK;
  for (let k = 0; k < rows; k++) {
    const start = k * dimension;
    const a = block[k] as number;
    const b = block[rows + k] as number;
    const c = block[2 * rows + k] as number;
    const d = block[3 * rows + k] as number;
    for (let i = 0; i < dimension; i++) {
      gradient[start + i] =
        (gradient[start + i] as number) +
        a * (vectors[i] as number) +
        b * (vectors[dimension + i] as number) +
        c * (vectors[2 * dimension + i] as number) +
        d * (vectors[3 * dimension + i] as number);
    }
  }
}

/** Writes the scores of a row of the features, which it returns. */
function scoreRow(
  problem: LinearProblem,
  x: Float64Array,
  { row, scores }: { row: number; scores: Float64Array },
): Float32Array {
  const { data, dimension } = problem.features;
  const vector = data.subarray(row * dimension, (row + 1) * dimension);
  for (let k = 0; k < problem.rows; k++) {
    const intercept = x[problem.rows * dimension + k] as number;
    scores[k] = intercept + dot(x, k * dimension, vector);
  }
  return vector;
}

/**
 * Applies the inverse of a Hessian in which all rows of weights share one block, `Xᵀ C X / N + penalty`,
 * with the curvatures C of the link.
 */
function preconditioner(problem: LinearProblem, x: Float64Array): (vector: Float64Array) => void {
  const { rows, penalty } = problem;
  const { dimension } = problem.features;
  const { columns, length, curvature } = curvedColumns(problem, x);
  const hessian = gramMatrix(columns, length).map((product) => product / length);
  let largest = 0;
  for (let i = 0; i < dimension; i++)
    largest = Math.max(largest, hessian[i * dimension + i] as number);
  // A hair more than the penalty, or rounding makes the block indefinite when the penalty is tiny.
  const ridge = penalty + 1e-10 * largest;
  for (let i = 0; i < dimension; i++) {
    hessian[i * dimension + i] = (hessian[i * dimension + i] as number) + ridge;
  }
  cholesky(hessian, dimension);
  return (vector) => {
    for (let k = 0; k < rows; k++) {
      choleskySolve(hessian, vector.subarray(k * dimension, (k + 1) * dimension));
      vector[rows * dimension + k] = (vector[rows * dimension + k] as number) / curvature;
    }
  };
}

/** So many rows for a column are enough for the shape of the Hessian. */
const ROWS_PER_COLUMN = 4;

/** Some rows, evenly spread, times the root of their curvature, column after column. */
function curvedColumns(
  problem: LinearProblem,
  x: Float64Array,
): { columns: Float32Array; length: number; curvature: number } {
  const { rows: count, dimension } = problem.features;
  const step = Math.max(1, Math.floor(count / (ROWS_PER_COLUMN * dimension)));
  const length = Math.ceil(count / step);
  const columns = new Float32Array(dimension * length);
  const scores = new Float64Array(problem.rows);
  const link = LINKS[problem.link];
  let total = 0;
  for (let row = 0; row < length; row++) {
    const vector = scoreRow(problem, x, { row: row * step, scores });
    link.probabilities(scores);
    const curvature = link.curvature(scores);
    total += curvature;
    const root = Math.sqrt(curvature);
    for (let i = 0; i < dimension; i++) columns[i * length + row] = root * (vector[i] as number);
  }
  return { columns, length, curvature: Math.max(total / length, Number.EPSILON) };
}
