import * as tf from "@tensorflow/tfjs-core";
import { registerOnnxruntimeBackend } from "tfjs-backend-onnxruntime";
import { beforeAll, expect, it } from "vitest";

beforeAll(async () => {
  registerOnnxruntimeBackend({ threads: 1, checkNumbers: true });
  await tf.setBackend("onnxruntime");
});

const read = (compute: () => tf.Tensor) => () => {
  const result = tf.tidy(compute);
  try {
    return [...result.dataSync()];
  } finally {
    result.dispose();
  }
};

it("names the operation that made the first number that is none", () => {
  const x = tf.tensor1d([1, 0, -1]);
  expect(read(() => tf.sum(tf.mul(tf.log(x), 2)))).toThrow(
    expect.objectContaining({
      code: "NOT_FINITE",
      message: "Log(float32 [3]) → float32 [3] made -Infinity at element 1, from finite inputs",
    }),
  );
  expect(read(() => tf.neg(tf.exp(tf.mul(x, 100))))).toThrow("made Infinity at element 0");
});

it("says so when the operation was given such numbers", () => {
  const x = tf.tensor1d([1, Number.NaN]);
  expect(read(() => tf.add(tf.reshape(x, [2, 1]), 1))).toThrow("NaN at element 1, and was given");
});

it("lets everything else pass, and works on after an error", () => {
  const x = tf.tensor1d([1, 4]);
  expect(read(() => tf.log(tf.sub(x, 5)))).toThrow("Log");
  expect(read(() => tf.sqrt(x))()).toEqual([1, 2]);
  // What never leaves the graph may be infinite.
  expect(read(() => tf.exp(tf.neg(tf.exp(tf.mul(x, 100)))))()).toEqual([0, 0]);
});
