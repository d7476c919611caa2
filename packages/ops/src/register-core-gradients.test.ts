import "@tensorflow/tfjs-backend-cpu";
import { createRng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { registerCoreGradients } from "./register-core-gradients.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  registerCoreGradients();
});

const positive = (x: tf.Tensor): tf.Tensor => tf.add(tf.abs(x), 0.5);
const ids = (): tf.Tensor1D => tf.tensor1d([2, 0, 2], "int32");

/** Functions of tensors of shape [3, 4] (and a second one, broadcast from [4]). */
const cases: [string, (x: tf.Tensor2D, z: tf.Tensor1D) => tf.Tensor][] = [
  ["abs", (x) => tf.abs(x)],
  ["add", (x, z) => tf.add(x, z)],
  ["addN", (x) => tf.addN([x, tf.square(x), x])],
  ["batchMatMul", (x) => tf.matMul(tf.reshape(x, [2, 3, 2]), tf.reshape(x, [2, 2, 3]))],
  [
    "batchMatMul of one and many",
    (x, z) => tf.matMul(tf.reshape(z, [1, 2, 2]), tf.reshape(x, [3, 2, 2])),
  ],
  ["batchMatMul transposed", (x) => tf.matMul(x, tf.square(x), true, false)],
  ["batchMatMul transposed twice", (x) => tf.matMul(x, tf.reshape(x, [4, 3]), true, true)],
  ["batchMatMul transposed right", (x) => tf.matMul(x, tf.square(x), false, true)],
  ["clipByValue", (x) => tf.clipByValue(x, -0.7, 0.6)],
  ["concat", (x) => tf.concat([x, tf.square(x)], 1)],
  ["cos, sin", (x) => tf.mul(tf.cos(x), tf.sin(x))],
  ["cumsum", (x) => tf.cumsum(x, 1, true, false)],
  ["div", (x, z) => tf.div(z, positive(x))],
  ["elu", (x) => tf.elu(x)],
  ["erf", (x) => tf.erf(x)],
  ["exp, expm1", (x) => tf.mul(tf.exp(x), tf.expm1(x))],
  ["expandDims, squeeze", (x) => tf.squeeze(tf.expandDims(x, 1))],
  ["gather of rows", (x) => tf.gather(x, ids())],
  ["gather of columns", (x) => tf.gather(x, ids(), 1)],
  [
    "gather by a matrix",
    (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [0, 1],
            [1, 1],
          ],
          [2, 2],
          "int32",
        ),
      ),
  ],
  ["leakyRelu", (x) => tf.leakyRelu(x, 0.3)],
  ["log, log1p", (x) => tf.add(tf.log(positive(x)), tf.log1p(positive(x)))],
  ["logSoftmax", (x) => tf.logSoftmax(x)],
  ["logSumExp", (x) => tf.logSumExp(x, 1)],
  ["max", (x) => tf.max(x, 1)],
  ["maximum", (x, z) => tf.maximum(x, z)],
  ["mean", (x) => tf.mean(x, 0)],
  ["mean of all", (x) => tf.mean(x)],
  ["min", (x) => tf.min(x, 0, true)],
  ["minimum", (x, z) => tf.minimum(z, x)],
  ["mul", (x, z) => tf.mul(x, z)],
  ["neg", (x) => tf.neg(x)],
  ["norm", (x) => tf.norm(x, "euclidean", 1)],
  [
    "pad",
    (x) =>
      tf.pad(x, [
        [1, 2],
        [0, 1],
      ]),
  ],
  ["pow", (x, z) => tf.pow(positive(x), z)],
  ["reciprocal", (x) => tf.reciprocal(positive(x))],
  ["relu", (x) => tf.relu(x)],
  ["reverse", (x) => tf.mul(x, tf.reverse(x, 0))],
  ["rsqrt, sqrt", (x) => tf.add(tf.rsqrt(positive(x)), tf.sqrt(positive(x)))],
  ["sigmoid", (x) => tf.sigmoid(x)],
  ["slice", (x) => tf.slice(x, [1, 0], [2, 3])],
  ["softmax", (x) => tf.softmax(x)],
  ["softplus", (x) => tf.softplus(x)],
  ["split", (x) => tf.mul(tf.split(x, 2, 1)[0]!, tf.split(x, 2, 1)[1]!)],
  ["square", (x) => tf.square(x)],
  ["squaredDifference", (x, z) => tf.squaredDifference(x, z)],
  ["stack, unstack", (x) => tf.stack([...tf.unstack(x, 1)].reverse(), 0)],
  ["sub", (x, z) => tf.sub(z, x)],
  ["sum", (x) => tf.sum(tf.square(x), 1, true)],
  ["tanh", (x) => tf.tanh(x)],
  ["tile", (x) => tf.tile(x, [2, 3])],
  ["broadcastTo", (_x, z) => tf.square(tf.broadcastTo(tf.reshape(z, [1, 4]), [3, 4]))],
  ["transpose", (x) => tf.transpose(tf.reshape(x, [2, 3, 2]), [2, 0, 1])],
  ["unsortedSegmentSum", (x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, -1, 1], "int32"), 2)],
  ["where", (x, z) => tf.where(tf.tensor1d([true, false, true, true], "bool"), x, z)],
];

it.each(cases)("%s has the gradient that differences give", (_name, f) => {
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
