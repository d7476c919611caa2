/** A smooth function: writes its gradient at `x` and returns its value. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimizeOptions {
  /** Stops when no entry of the gradient is larger. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Replaces a vector by an approximate inverse Hessian times it, in place; default none. */
  readonly precondition?: (vector: Float64Array) => void;
}

export interface Minimum {
  readonly x: Float64Array;
  readonly iterations: number;
  /** Whether the gradient is within the tolerance. */
  readonly converged: boolean;
}

/** Pairs of steps kept; more change little. */
const MEMORY = 10;
const MAX_HALVINGS = 30;

/**
 * Minimises a convex function with L-BFGS (Nocedal and Wright, Numerical Optimization, algorithms 7.4
 * and 7.5) and a line search by halving (Armijo), from `start`, which is overwritten.
 */
export function minimize(
  objective: Objective,
  start: Float64Array,
  options: MinimizeOptions,
): Minimum {
  let x = start;
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const pairs: Pair[] = [];
  let iterations = 0;
  while (largest(gradient) > options.tolerance && iterations < options.maxIterations) {
    const direction = descent(gradient, pairs, options.precondition);
    let slope = dot(direction, gradient);
    if (slope >= 0) {
      pairs.length = 0;
      direction.set(gradient.map((entry) => -entry));
      slope = -dot(gradient, gradient);
    }
    let step = pairs.length > 0 || options.precondition !== undefined ? 1 : firstStep(gradient);
    let next = moved(x, direction, step);
    const nextGradient = new Float64Array(x.length);
    let nextValue = objective(next, nextGradient);
    for (let tries = 0; !(nextValue <= value + 1e-4 * step * slope); tries++) {
      // Rounding hides further progress.
      if (tries === MAX_HALVINGS) return { x, iterations, converged: false };
      step /= 2;
      next = moved(x, direction, step);
      nextValue = objective(next, nextGradient);
    }
    remember(pairs, moved(next, x, -1), moved(nextGradient, gradient, -1));
    [x, gradient, value] = [next, nextGradient, nextValue];
    iterations++;
  }
  return { x, iterations, converged: largest(gradient) <= options.tolerance };
}

interface Pair {
  /** Change of x and of the gradient over one iteration, and the inverse of their product. */
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

function remember(pairs: Pair[], s: Float64Array, y: Float64Array): void {
  const curvature = dot(s, y);
  if (!(curvature > 0)) return;
  pairs.push({ s, y, rho: 1 / curvature });
  if (pairs.length > MEMORY) pairs.shift();
}

/** The two-loop recursion: minus the approximate inverse Hessian times the gradient. */
function descent(
  gradient: Float64Array,
  pairs: readonly Pair[],
  precondition: (vector: Float64Array) => void = () => {},
): Float64Array {
  const q = gradient.map((entry) => -entry);
  const alphas = new Float64Array(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i] as Pair;
    alphas[i] = rho * dot(s, q);
    addScaled(q, y, -(alphas[i] as number));
  }
  precondition(q);
  const last = pairs.at(-1);
  if (last !== undefined) {
    const y = last.y.slice();
    precondition(y);
    const scale = 1 / (last.rho * dot(last.y, y));
    for (let i = 0; i < q.length; i++) q[i] = scale * (q[i] as number);
  }
  for (const [i, { s, y, rho }] of pairs.entries()) {
    addScaled(q, s, (alphas[i] as number) - rho * dot(y, q));
  }
  return q;
}

function firstStep(gradient: Float64Array): number {
  return Math.min(1, 1 / gradient.reduce((sum, entry) => sum + Math.abs(entry), 0));
}

function moved(x: Float64Array, direction: Float64Array, step: number): Float64Array {
  const result = x.slice();
  addScaled(result, direction, step);
  return result;
}

function addScaled(target: Float64Array, vector: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = (target[i] as number) + factor * (vector[i] as number);
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function largest(vector: Float64Array): number {
  return vector.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
}
