import { createAdamW, embedding, gradients } from "@espalier/ops";
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
it.each([16, 5])(
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
