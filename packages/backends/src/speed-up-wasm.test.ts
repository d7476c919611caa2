import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { speedUpWasm } from "./speed-up-wasm.ts";
import { startBackend } from "./start-backend.ts";

const SHAPES = { "2d": [], "one batch": [1, 1], batches: [3, 2] };

beforeAll(async () => {
  await startBackend("wasm");
  await startBackend("wasm"); // nothing is wrapped twice
});

it.each(
  Object.entries(SHAPES).flatMap(([name, batch]) =>
    [false, true].flatMap((a) => [false, true].map((b) => [name, a, b, batch] as const)),
  ),
)("%s: products transposed on the left %s, on the right %s", (_name, left, right, batch) => {
  const before = tf.memory();
  const swap = (shape: number[], needed: boolean) => (needed ? shape.reverse() : shape);
  const [a, b] = [
    tf.randomNormal([...batch, ...swap([4, 3], left)], 0, 1, "float32", 1),
    tf.randomNormal([...batch, ...swap([3, 5], right)], 0, 1, "float32", 2),
  ];
  const product = tf.matMul(a, b, left, right);
  expect(product.shape).toEqual([...batch, 4, 5]);
  const [x, y] = [a.dataSync(), b.dataSync()];
  const values = product.dataSync();
  for (const [at, value] of values.entries()) {
    const [matrix, row, column] = [Math.floor(at / 20), Math.floor(at / 5) % 4, at % 5];
    let sum = 0;
    for (let k = 0; k < 3; k++)
      sum +=
        x[matrix * 12 + (left ? k * 4 + row : row * 3 + k)]! *
        y[matrix * 15 + (right ? column * 3 + k : k * 5 + column)]!;
    expect(value).toBeCloseTo(sum, 5);
  }
  tf.dispose([a, b, product]);
  expect(tf.memory()).toMatchObject({
    numTensors: before.numTensors,
    numDataBuffers: before.numDataBuffers,
  });
});

it("leaves nothing to transpose to the product itself, but in batches", () => {
  const original = tf.getKernel("BatchMatMul", "wasm") as tf.KernelConfig;
  const seen: unknown[] = [];
  tf.unregisterKernel("BatchMatMul", "wasm");
  tf.registerKernel({
    ...original,
    kernelFunc(parameters) {
      seen.push([parameters.attrs?.transposeA, parameters.attrs?.transposeB]);
      return original.kernelFunc(parameters);
    },
  });
  speedUpWasm();
  tf.tidy(() => {
    tf.matMul(tf.ones([2, 3]), tf.ones([5, 2]), true, true);
    tf.matMul(tf.ones([4, 2, 3]), tf.ones([4, 5, 2]), true, true);
  });
  expect(seen).toEqual([
    [false, false],
    [true, true],
  ]);
});
