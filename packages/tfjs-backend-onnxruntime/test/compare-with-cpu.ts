import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect } from "vitest";

/** A tensor as plain data. */
export interface Plain {
  shape: number[];
  dtype: tf.DataType;
  values: number[];
}
/** An operation under test. */
export type Run = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** Runs an operation on both backends and compares shapes, dtypes and values (1e-5 relative), and leaks. */
export async function compare(run: Run, inputs: Plain[]): Promise<void> {
  const [expected, actual] = [await evaluate("cpu"), await evaluate("onnxruntime")];
  expect(actual.length).toBe(expected.length);
  expected.forEach((want, k) => {
    const got = actual[k]!;
    expect([got.shape, got.dtype]).toEqual([want.shape, want.dtype]);
    want.values.forEach((value, i) => {
      const other = got.values[i]!;
      if (Number.isNaN(value)) expect(other).toBeNaN();
      else if (!Number.isFinite(value)) expect(other).toBe(value);
      else expect(Math.abs(other - value)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)));
    });
  });

  async function evaluate(backend: string): Promise<Plain[]> {
    await tf.setBackend(backend);
    const before = tf.memory();
    const tensors = inputs.map(({ values, shape, dtype }) =>
      tf.tensor(values, shape, dtype as "int32"),
    );
    const outputs = tf.tidy(() => run(...tensors));
    const results = Array.isArray(outputs) ? outputs : [outputs];
    const plain = results.map((t) => ({
      shape: t.shape,
      dtype: t.dtype,
      values: [...t.dataSync()],
    }));
    tf.dispose([...tensors, ...results]);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    return plain;
  }
}

/** Up to four dimensions, of up to four elements each. */
export const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

/** A tensor of small numbers: bits, -9 .. 9, or multiples of 1/256. */
export function tensorOf(shape: number[], dtype: tf.DataType): fc.Arbitrary<Plain> {
  const value =
    dtype === "bool"
      ? fc.integer({ min: 0, max: 1 })
      : dtype === "int32"
        ? fc.integer({ min: -9, max: 9 })
        : fc.integer({ min: -900, max: 900 }).map((x) => x / 256);
  const length = size(shape);
  return fc
    .array(value, { minLength: length, maxLength: length })
    .map((values) => ({ shape, dtype, values }));
}

/** A tensor of any of the shapes. */
export const some = (...dtypes: tf.DataType[]) =>
  fc.tuple(shapes, fc.constantFrom(...dtypes)).chain(([shape, dtype]) => tensorOf(shape, dtype));

/** Compares on a dozen random inputs. */
export async function check(arbitrary: fc.Arbitrary<Plain[]>, run: Run): Promise<void> {
  await fc.assert(
    fc.asyncProperty(arbitrary, (inputs) => compare(run, inputs)),
    { numRuns: 12, seed: 7 },
  );
}
