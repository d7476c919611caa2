import "@tensorflow/tfjs-backend-cpu";
import { createRng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { plainOperations } from "./conformance/plain-operations.ts";
import { registerCoreGradients } from "./register-core-gradients.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  registerCoreGradients();
});

it.each(plainOperations)("$name has the gradient that differences give", ({ run: f }) => {
  const rng = createRng(7);
  const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => rng.normal());
  const [x, z] = [draw(12), draw(4)];
  const size = tf.tidy(() => f(tf.tensor2d(x, [3, 4]), tf.tensor1d(z)).size);
  const weights = draw(size);
  const loss = (x: tf.Tensor, z: tf.Tensor): tf.Scalar => {
    const y = f(x as tf.Tensor2D, z as tf.Tensor1D);
    // The terms without effect keep both inputs on the path, whatever f uses.
    const rest = tf.mul(0, tf.add(tf.sum(x), tf.sum(z)));
    return tf.add(tf.sum(tf.mul(y, tf.tensor(weights, y.shape))), rest) as tf.Scalar;
  };
  const before = tf.memory().numTensors;
  const [dx, dz] = tf.tidy(() => {
    const [dx, dz] = tf.grads(loss)([tf.tensor2d(x, [3, 4]), tf.tensor1d(z)]);
    return [dx!.dataSync(), dz!.dataSync()];
  });
  expect(tf.memory().numTensors).toBe(before);
  const at = (x: Float32Array, z: Float32Array): number =>
    tf.tidy(() => loss(tf.tensor2d(x, [3, 4]), tf.tensor1d(z)).dataSync()[0] as number);
  // Wide enough for float32, narrow enough that no kink lies within (the seed is chosen so).
  const step = 4e-3;
  const check = (values: Float32Array, gradient: ArrayLike<number>): void => {
    for (const [i, value] of values.entries()) {
      values[i] = value + step;
      const above = at(x, z);
      values[i] = value - step;
      const below = at(x, z);
      values[i] = value;
      const expected = (above - below) / (2 * step);
      const error = Math.abs((gradient[i] as number) - expected);
      expect(error, `element ${i}: ${gradient[i]}, differences give ${expected}`).toBeLessThan(
        2e-3 * (1 + Math.abs(expected)),
      );
    }
  };
  check(x, dx!);
  check(z, dz!);
});

it("shares the gradient of a maximum among ties", () => {
  const dx = tf.tidy(() =>
    tf
      .grad((x) => tf.max(x, 1))(tf.tensor2d([[1, 3, 3]]))
      .dataSync(),
  );
  expect([...dx]).toEqual([0, 0.5, 0.5]);
});

it("gives functions that are constant in pieces a zero gradient", () => {
  const dx = tf.tidy(() =>
    tf
      .grad((x) => tf.addN([tf.sign(x), tf.step(x), tf.floor(x), tf.ceil(x), tf.round(x)]))(
        tf.tensor1d([0.3, -1.2]),
      )
      .dataSync(),
  );
  expect([...dx].map(Math.abs)).toEqual([0, 0]);
});

it("leaves gradients that are registered already alone", () => {
  const mine = tf.getGradient("Tanh");
  registerCoreGradients();
  expect(tf.getGradient("Tanh")).toBe(mine);
});
