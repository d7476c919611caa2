import { createRng } from "@espalier/core";
import { compile } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it } from "vitest";
import { freshBackend } from "./fresh-backend.ts";

afterEach(() => tf.disposeVariables());

const code = ({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => {
  const product = tf.mul(a, b);
  const total = tf.sum(product, 0, true);
  return { product, shifted: tf.sub(product, total), swapped: tf.reshape(tf.neg(b), [3, 2]) };
};
const matrix = (seed: number): tf.Tensor =>
  tf.tensor2d(
    Float32Array.from({ length: 6 }, (_, i) => Math.sin(seed + i)),
    [2, 3],
  );

describe("calls of a compiled function are launched like the first", () => {
  it("whether a tensor is given twice or not", async () => {
    await freshBackend();
    const compiled = compile(code);
    const [x, y] = [matrix(1), matrix(2)];
    for (const [a, b] of [
      [x, x],
      [x, y],
      [x, y],
      [y, y],
      [y, tf.reshape(tf.reshape(y, [3, 2]), [2, 3])],
      [y, x],
    ] as const) {
      const [given, expected] = [compiled({ a, b }), code({ a, b })];
      for (const name of ["product", "shifted", "swapped"] as const)
        expect(given[name].dataSync()).toEqual(expected[name].dataSync());
    }
  });

  it("whatever is read, kept, computed before or called in between", async () => {
    const backend = await freshBackend();
    const compiled = compile(code);
    const rng = createRng(11);
    const kept: { given: tf.Tensor; expected: tf.Tensor }[] = [];
    let last = matrix(0);
    for (let turn = 0; turn < 120; turn++) {
      const a = rng.uniform() < 0.4 ? tf.exp(matrix(turn)) : matrix(turn);
      const b = rng.uniform() < 0.3 ? last : matrix(turn + 0.5);
      const [given, expected] = [compiled({ a, b }), code({ a, b })];
      const names = (["product", "shifted", "swapped"] as const).filter(() => rng.uniform() < 0.6);
      for (const name of names) {
        if (rng.uniform() < 0.3) kept.push({ given: given[name], expected: expected[name] });
        else expect(given[name].dataSync()).toEqual(expected[name].dataSync());
      }
      last = given.shifted;
      if (rng.uniform() < 0.2) {
        for (const each of kept.splice(0)) {
          expect(each.given.dataSync()).toEqual(each.expected.dataSync());
        }
      }
    }
    expect(backend.stats().launches).toBeGreaterThan(100);
  });

  it("until one fails: the operation is named, and the next call works", async () => {
    await freshBackend();
    const table = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const rows = compile(({ ids }: { ids: tf.Tensor }) => ({
      rows: tf.gather(table, ids as tf.Tensor1D),
    }));
    const read = (...ids: number[]) =>
      tf.tidy(() => [...rows({ ids: tf.tensor1d(ids, "int32") }).rows.dataSync()]);
    expect(read(1, 0)).toEqual([3, 4, 1, 2]);
    expect(read(0, 0)).toEqual([1, 2, 1, 2]);
    expect(() => read(0, 7)).toThrow(/Gather\(float32 \[2, 2\]/);
    expect(read(1, 1)).toEqual([3, 4, 3, 4]);
  });

  it("and do not pile up when nothing is read", async () => {
    const backend = await freshBackend({ maxPendingOperations: 50 });
    const count = tf.variable(tf.scalar(0));
    const step = compile(({ x }: { x: tf.Tensor }) => {
      count.assign(tf.add(count, tf.sum(tf.square(x))) as tf.Scalar);
      return {};
    });
    for (let i = 0; i < 100; i++) tf.tidy(() => step({ x: tf.ones([3]) }));
    expect(backend.stats().launches).toBeGreaterThan(3);
    expect(count.dataSync()[0]).toBe(300);
  });

  it("with numbers checked, too", async () => {
    await freshBackend({ checkNumbers: true });
    const compiled = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.add(tf.log(x), 1) }));
    const read = (value: number) =>
      tf.tidy(() => compiled({ x: tf.tensor1d([value]) }).y.dataSync()[0]);
    expect(read(1)).toBe(1);
    expect(read(1)).toBe(1);
    expect(() => read(-1)).toThrow(/Log\(float32 \[1\]\).* made NaN/);
    expect(read(1)).toBe(1);
  });
});
