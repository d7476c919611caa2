import { EspalierError, type Rng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { gradients } from "../gradients.ts";

/** An operation on given inputs, and the same in float64 loops. */
export interface OperationCase {
  readonly name: string;
  /** The inputs that gradients flow to. */
  readonly inputs: Readonly<Record<string, Values>>;
  /** @param tensors float32, named as `inputs` */
  run(tensors: Record<string, tf.Variable>): tf.Tensor;
  /** @returns the elements of what `run` gives */
  reference(values: Record<string, Float64Array>): Float64Array;
}

/** A float64 array and its shape; the values are exact in float32. */
export interface Values {
  readonly shape: number[];
  readonly values: Float64Array;
}

/** float32 noise of a few sums of small products, and of the polynomials that backends use for exp and erf. */
const ABSOLUTE = 2e-5;
const RELATIVE = 2e-4;
/** Step of the central differences: their error, about step², is far below the tolerance in float64. */
const STEP = 1e-5;

/**
 * Runs a case on the current backend and compares the value with the reference, every gradient with central
 * differences of the reference, and the tensors alive before and after.
 * @throws {EspalierError} BACKEND_FAILED naming the element that differs, or the leak
 */
export function checkOperation(operation: OperationCase, rng: Rng): void {
  const { name, inputs } = operation;
  const before = tf.memory().numTensors;
  const values = mapValues(inputs, (input) => input.values);
  const expected = operation.reference(values);
  const weights = normals(rng, [expected.length]);
  const variables = mapValues(inputs, ({ shape, values }) =>
    tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values), shape))),
  );
  let outputShape: number[] = [];
  // The value is read from the run that records gradients, then again without a tape: both are used.
  const { value, gradients: found } = gradients(() => {
    const y = operation.run(variables);
    outputShape = y.shape;
    const scaled = tf.mul(y, tf.tensor(Float32Array.from(weights.values), y.shape));
    return tf.sum(scaled) as tf.Scalar;
  }, variables);
  const y = tf.tidy(() => operation.run(variables));
  compare(`${name}: value [${outputShape.join(", ")}]`, y.dataSync(), expected);
  compare(`${name}: weighted sum`, value.dataSync(), [dot(expected, weights.values)]);
  for (const input of Object.keys(inputs)) {
    const gradient = found[input];
    if (gradient === undefined) fail(`${name}: there is no gradient of ${input}`);
    const differences = centralDifferences(operation, { values, input, weights: weights.values });
    compare(`${name}: gradient of ${input}`, gradient.dataSync(), differences);
    // Alone, so that nothing relies on the other gradients being asked for too.
    const alone = gradients(
      () =>
        tf.sum(
          tf.mul(
            operation.run(variables),
            tf.tensor(Float32Array.from(weights.values), outputShape),
          ),
        ),
      { [input]: variables[input] as tf.Variable },
    );
    compare(`${name}: gradient of ${input} alone`, alone.gradients[input]?.dataSync(), differences);
    tf.dispose([alone.value, alone.gradients]);
  }
  tf.dispose([value, y, found, variables]);
  const leaked = tf.memory().numTensors - before;
  if (leaked !== 0) fail(`${name}: ${leaked} tensors are left over`);
}

/** @throws {EspalierError} BACKEND_FAILED at the first element outside the tolerance */
export function compare(
  what: string,
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
): void {
  if (actual?.length !== expected.length) {
    fail(`${what}: ${actual?.length} values, expected ${expected.length}`);
  }
  for (let i = 0; i < expected.length; i++) {
    const want = expected[i] as number;
    const error = Math.abs((actual[i] as number) - want);
    if (!(error <= ABSOLUTE + RELATIVE * Math.abs(want))) {
      fail(`${what}: element ${i} is ${actual[i]}, expected ${want}`);
    }
  }
}

/** Standard normal values, rounded to float32. */
export function normals(rng: Rng, shape: number[]): Values {
  const size = shape.reduce((product, n) => product * n, 1);
  return { shape, values: Float64Array.from({ length: size }, () => Math.fround(rng.normal())) };
}

/** A whole number of `low .. high`. */
export function whole(rng: Rng, low: number, high: number): number {
  return low + Math.floor(rng.uniform() * (high - low + 1));
}

function centralDifferences(
  operation: OperationCase,
  at: { values: Record<string, Float64Array>; input: string; weights: Float64Array },
): Float64Array {
  const point = at.values[at.input] as Float64Array;
  const shifted = Float64Array.from(point);
  const loss = (): number =>
    dot(operation.reference({ ...at.values, [at.input]: shifted }), at.weights);
  return point.map((value, i) => {
    shifted[i] = value + STEP;
    const above = loss();
    shifted[i] = value - STEP;
    const below = loss();
    shifted[i] = value;
    return (above - below) / (2 * STEP);
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, f: (a: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
}

function fail(what: string): never {
  throw new EspalierError("BACKEND_FAILED", `conformance: ${what}`);
}
