import { gradients } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import type { OnnxruntimeBackend } from "../src/index.ts";
import { registerOnnxruntimeBackend } from "../src/index.ts";

beforeAll(async () => {
  registerOnnxruntimeBackend({ threads: 1 });
  await tf.setBackend("onnxruntime");
});

/** Trains a small network by hand; the loss of every step is kept. */
function train(steps: number, readEachStep: boolean): { losses: number[]; weight: number[] } {
  const values = (count: number, scale: number) =>
    Array.from({ length: count }, (_, i) => scale * Math.sin(i + 1));
  const start = [
    tf.tensor2d(values(32, 0.5), [4, 8]),
    tf.tensor2d(values(8, 0.5), [8, 1]),
  ] as const;
  const first = tf.variable(start[0]);
  const second = tf.variable(start[1]);
  tf.dispose([...start]);
  const x = tf.tensor2d(values(64, 1), [16, 4]);
  const y = tf.sum(x, 1, true);
  const losses: tf.Tensor[] = [];
  for (let i = 0; i < steps; i++) {
    const { value, gradients: found } = gradients(
      () => tf.mean(tf.square(tf.sub(tf.matMul(tf.tanh(tf.matMul(x, first)), second), y))),
      { first, second },
    );
    tf.tidy(() => {
      first.assign(tf.sub(first, tf.mul(found.first!, 0.1)));
      second.assign(tf.sub(second, tf.mul(found.second!, 0.1)));
    });
    tf.dispose(found);
    losses.push(value);
    if (readEachStep) value.dataSync();
  }
  const result = {
    losses: losses.map((loss) => loss.dataSync()[0]!),
    weight: [...first.dataSync()],
  };
  tf.dispose([first, second, x, y, ...losses]);
  return result;
}

it("a loop that reads nothing runs in pieces, one compiled graph for all but the first and the last", () => {
  const stats = () => (tf.backend() as OnnxruntimeBackend).stats();
  const before = stats();
  const tensors = tf.memory().numTensors;
  const { losses, weight } = train(400, false);
  const { compiles, launches } = stats();
  expect(launches - before.launches).toBeGreaterThan(5);
  expect(compiles - before.compiles).toBeLessThanOrEqual(4);
  expect(tf.memory().numTensors).toBe(tensors);

  const expected = train(400, true);
  expect(expected.losses.at(-1)!).toBeLessThan(expected.losses[0]! / 10);
  losses.forEach((loss, i) => {
    expect(loss).toBeCloseTo(expected.losses[i]!, 5);
  });
  weight.forEach((value, i) => {
    expect(value).toBeCloseTo(expected.weight[i]!, 4);
  });
});
