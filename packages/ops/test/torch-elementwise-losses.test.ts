import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { binaryCrossEntropy } from "../src/binary-cross-entropy.ts";
import { gradients } from "../src/gradients.ts";
import { type RegressionLossKind, regressionLoss } from "../src/regression-loss.ts";

interface Case {
  loss_name: "binary" | RegressionLossKind;
  width: number;
  logits: number[];
  targets: number[];
  positiveWeights?: number[];
  loss: number;
  gradient: number[];
}

const fixture = new URL("fixtures/torch-elementwise-losses.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, "utf8")) as { cases: Record<string, Case> };

beforeAll(async () => {
  await tf.setBackend("cpu");
});

function run(golden: Case, targets: Float32Array, logits = golden.logits) {
  const { loss_name: kind, width, positiveWeights } = golden;
  const x = tf.variable(tf.tensor2d(logits, [logits.length / width, width]));
  const { value, gradients: found } = gradients(
    () =>
      kind === "binary"
        ? binaryCrossEntropy(x, targets, positiveWeights && { positiveWeights })
        : regressionLoss(x, targets, kind),
    { x },
  );
  const result = {
    loss: value.dataSync()[0],
    gradient: Array.from((found.x as tf.Tensor).dataSync()),
  };
  tf.dispose([x, value, found]);
  return result;
}

describe.each(Object.entries(cases))("%s", (_name, golden) => {
  it("is torch's", () => {
    const { loss, gradient } = run(golden, Float32Array.from(golden.targets));
    expectClose([loss as number], [golden.loss]);
    expectClose(gradient, golden.gradient);
  });

  it("leaves rows without targets out of the mean", () => {
    const rows = [...golden.logits.slice(0, golden.width), ...golden.logits];
    const nothing = new Array(golden.width).fill(Number.NaN);
    const { loss, gradient } = run(
      golden,
      Float32Array.from([...nothing, ...golden.targets]),
      rows,
    );
    expectClose([loss as number], [golden.loss]);
    expectClose(gradient, [...new Array(golden.width).fill(0), ...golden.gradient]);
  });

  it("is 0, without a gradient, when no row has a target", () => {
    const nothing = new Float32Array(golden.targets.length).fill(Number.NaN);
    const { loss, gradient } = run(golden, nothing);
    expect(loss).toBe(0);
    expect(gradient.every((value) => Math.abs(value) === 0)).toBe(true);
  });
});

it.each([
  ["too few targets", [[1, 2]], [1], "targets of 0.5 rows for logits of 1"],
  ["a target above 1", [[1, 2]], [0, 2], "target 2 of row 0, class 1 is not in 0 .. 1"],
])("refuses %s", (_what, logits, targets, message) => {
  const x = tf.tensor2d(logits);
  expect(() => binaryCrossEntropy(x, Float32Array.from(targets))).toThrow(message);
});

it("refuses weights that do not fit, and targets that are infinite", () => {
  const x = tf.tensor2d([[1, 2]]);
  const targets = Float32Array.of(0, 1);
  expect(() => binaryCrossEntropy(x, targets, { positiveWeights: [1] })).toThrow(
    "1 positive weights for 2 classes",
  );
  expect(() => binaryCrossEntropy(x, targets, { positiveWeights: [1, 0] })).toThrow(
    "positive weight of class 1 is 0, expected > 0",
  );
  expect(() => regressionLoss(tf.tensor2d([[1]]), Float32Array.of(Infinity))).toThrow(
    "target Infinity of row 0 is not finite",
  );
  expect(() => regressionLoss(x, targets)).toThrow("has shape [1, 2], expected [B, 1]");
});

/** Tolerance of float32 against float64. */
function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, want] of expected.entries())
    expect(Math.abs((actual[i] as number) - want)).toBeLessThanOrEqual(
      2e-6 + 1e-5 * Math.abs(want),
    );
}
