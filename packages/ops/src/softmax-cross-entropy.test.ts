import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { gradients } from "./gradients.ts";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

it("is exactly 0 with an exactly zero gradient when nothing is labelled", () => {
  const logits = tf.variable(tf.tensor2d([[1e4, -1e4, 3]]));
  const { value, gradients: found } = gradients(
    () => {
      const { loss, labelled } = softmaxCrossEntropy(logits as never, Int32Array.of(-1));
      expect(labelled).toBe(0);
      return loss;
    },
    { logits },
  );
  expect(Math.abs(value.dataSync()[0] as number)).toBe(0);
  expect([...(found.logits as tf.Tensor).dataSync()].map(Math.abs)).toEqual([0, 0, 0]);
  tf.dispose([logits, value, found]);
});

it("is 0 as well when every label has the weight 0", () => {
  const logits = tf.variable(tf.tensor2d([[1, 2]]));
  const { value, gradients: found } = gradients(
    () => {
      const options = { classWeights: [0, 1], labelSmoothing: 0.1 };
      return softmaxCrossEntropy(logits as never, Int32Array.of(0), options).loss;
    },
    { logits },
  );
  expect(Math.abs(value.dataSync()[0] as number)).toBe(0);
  expect([...(found.logits as tf.Tensor).dataSync()].map(Math.abs)).toEqual([0, 0]);
  tf.dispose([logits, value, found]);
});

it("reads labels from a tensor and counts them", () => {
  tf.tidy(() => {
    const labels = tf.tensor1d([1, -1, 0], "int32");
    const { loss, labelled } = softmaxCrossEntropy(tf.zeros([3, 2]), labels);
    expect(labelled).toBe(2);
    expect(loss.dataSync()[0]).toBeCloseTo(Math.LN2, 6);
  });
});

it.each([
  [[0, 2], {}, "label 2 of row 1 is not in -1 .. 1"],
  [[0, -100], {}, "label -100 of row 1 is not in -1 .. 1"],
  [[0], {}, "1 labels for logits of 2 rows"],
  [[0, 1], { classWeights: [1] }, "1 class weights for 2 classes"],
  [[0, 1], { classWeights: [1, -1] }, "weight of class 1 is -1, expected >= 0"],
  [[0, 1], { labelSmoothing: 1.5 }, "labelSmoothing is 1.5, expected 0 .. 1"],
])("refuses labels %j with %j", (labels, options, message) => {
  const logits = tf.zeros<tf.Rank.R2>([2, 2]);
  expect(() => softmaxCrossEntropy(logits, Int32Array.from(labels), options)).toThrow(message);
  logits.dispose();
});
