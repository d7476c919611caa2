import { createAdamW, embedding, gradients, trainingBackend } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { freshBackend } from "./fresh-backend.ts";

beforeAll(async () => {
  await freshBackend();
});

const BATCHES = [
  [3, 1, 3, 7],
  [0, 1, 39, 39],
  [5, 5, 5, 2],
];

/** Gradient norms and table after three clipped updates; `dense` hides from the backend that few rows matter. */
function train(width: number, dense: boolean): { norms: number[]; table: Float32Array } {
  const start = Float32Array.from({ length: 40 * width }, (_, i) => Math.sin(i));
  const variable = tf.variable(tf.tensor2d(start, [40, width]));
  const optimizer = createAdamW([{ name: "table", variable, weightDecay: 0.01 }], {
    maxGradientNorm: 0.5,
  });
  const norms = BATCHES.map((ids, n) => {
    const { table } = tf.tidy(() => {
      const lookUp = () =>
        embedding(variable as unknown as tf.Tensor2D, tf.tensor1d(ids, "int32")) as tf.Tensor2D;
      const found = gradients(() => tf.sum(tf.square(lookUp())) as tf.Scalar, { table: variable });
      const table = found.gradients.table as tf.Tensor;
      return { table: dense ? tf.mul(table, 1.5) : table };
    });
    const { gradientNorm } = optimizer.step({ table }, 0.1 / (n + 1));
    table.dispose();
    return dense ? gradientNorm / 1.5 : gradientNorm;
  });
  const table = variable.dataSync<"float32">();
  optimizer.dispose();
  variable.dispose();
  return { norms, table };
}

// Clipped to the same norm, a gradient one and a half times as large gives the same update.
it.each([128, 64, 16, 5])(
  "updates by rows that are added up, %i wide, like by the whole gradient",
  (width) => {
    const sparse = train(width, false);
    const dense = train(width, true);
    sparse.norms.forEach((norm, i) => {
      expect(norm / dense.norms[i]!).toBeCloseTo(1, 5);
    });
    sparse.table.forEach((value, i) => {
      expect(value).toBeCloseTo(dense.table[i]!, 5);
    });
  },
);

it("goes on from saved moments with the same bits, rows without a gradient included", () => {
  const [width, rows] = [64, 40];
  const adamwOf = (variable: tf.Variable) => {
    const adamw = trainingBackend(tf.backend())?.createAdamW([{ variable, weightDecay: 0.1 }]);
    if (adamw === undefined) throw new Error("no native AdamW");
    return adamw;
  };
  const hyper = (times: number) => ({
    ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, maxNorm: 0.5 },
    learningRates: [0.1],
    updates: [times],
  });
  const step = (adamw: ReturnType<typeof adamwOf>, variable: tf.Variable, times: number) => {
    const table = tf.tidy(() => {
      const ids = tf.tensor1d(BATCHES[times - 1]!, "int32");
      const loss = () =>
        tf.sum(tf.square(embedding(variable as unknown as tf.Tensor2D, ids))) as tf.Scalar;
      return gradients(loss, { table: variable }).gradients.table as tf.Tensor;
    });
    const { gradientNorm } = adamw.step([table], hyper(times));
    table.dispose();
    return gradientNorm;
  };
  const start = Float32Array.from({ length: rows * width }, (_, i) => Math.cos(i));
  const whole = tf.variable(tf.tensor2d(start, [rows, width]));
  const adamw = adamwOf(whole);
  step(adamw, whole, 1);
  const [saved, moments] = [whole.dataSync<"float32">(), adamw.moments(0)];
  const decayed = Math.fround(1 - 0.1 * 0.1);
  expect(saved[20 * width]).toBe(Math.fround(start[20 * width]! * decayed));
  expect(moments.first.slice(20 * width, 21 * width).every((m) => m === 0)).toBe(true);

  const resumed = tf.variable(tf.tensor2d(saved, [rows, width]));
  const second = adamwOf(resumed);
  second.setMoments(0, moments);
  for (const times of [2, 3]) {
    expect(step(second, resumed, times)).toBe(step(adamw, whole, times));
    expect(resumed.dataSync()).toEqual(whole.dataSync());
  }
  expect(second.moments(0)).toEqual(adamw.moments(0));
  for (const each of [adamw, second, whole, resumed]) each.dispose();
});
