import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { gradients } from "../src/gradients.ts";
import { softmaxCrossEntropy } from "../src/softmax-cross-entropy.ts";

interface Case {
  width: number;
  logits: number[];
  labels: number[];
  classWeights?: number[];
  labelSmoothing?: number;
  loss: number;
  gradient?: number[];
  /** Where the gradient itself was not recorded: that of a bias added to the logits. */
  gradientColumnSums?: number[];
}

const fixture = new URL("fixtures/torch-cross-entropy.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, "utf8")) as { cases: Record<string, Case> };

beforeAll(async () => {
  await tf.setBackend("cpu");
});

it.each(Object.entries(cases))("%s is torch's", (_name, golden) => {
  const labels = Int32Array.from(golden.labels);
  const { classWeights, labelSmoothing } = golden;
  const logits = tf.variable(tf.tensor2d(golden.logits, [labels.length, golden.width]));
  const options = {
    ...(classWeights && { classWeights }),
    ...(labelSmoothing && { labelSmoothing }),
  };
  const run = gradients(() => softmaxCrossEntropy(logits, labels, options).loss, { logits });
  expectClose(run.value.dataSync(), [golden.loss]);
  const gradient = run.gradients.logits as tf.Tensor;
  if (golden.gradient !== undefined) expectClose(gradient.dataSync(), golden.gradient);
  if (golden.gradientColumnSums !== undefined) {
    expectClose(
      tf.tidy(() => tf.sum(gradient, 0).dataSync()),
      golden.gradientColumnSums,
    );
  }
  tf.dispose([logits, run.value, gradient]);
});

/** Tolerance of the recorded values: float32 against float64, with a margin. */
function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, want] of expected.entries()) {
    expect(Math.abs((actual[i] as number) - want)).toBeLessThanOrEqual(
      2e-6 + 1e-5 * Math.abs(want),
    );
  }
}
