import { trainingBackend } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { registerOnnxruntimeBackend } from "tfjs-backend-onnxruntime";
import { beforeAll, expect, it } from "vitest";
import { optimStep } from "./adamw-reference.ts";

beforeAll(async () => {
  registerOnnxruntimeBackend();
  await tf.setBackend("onnxruntime");
});

const BETAS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

it("updates like a float64 AdamW, over several steps, with clipping and slots left alone", () => {
  const sizes = [1, 7, 16, 33, 0, 100];
  const start = sizes.map((size, s) =>
    Float32Array.from({ length: size }, (_, i) => Math.sin(i + s)),
  );
  const variables = start.map((values) => tf.variable(tf.tensor1d(values)));
  const decay = [0, 0.01, 0.1, 0, 0.01, 0.05];
  const adamw = trainingBackend(tf.backend())?.createAdamW(
    variables.map((variable, i) => ({ variable, weightDecay: decay[i]! })),
  );
  if (adamw === undefined) throw new Error("no native AdamW");
  const expected = start.map((values) => ({
    weights: Float64Array.from(values),
    first: new Float64Array(values.length),
    second: new Float64Array(values.length),
  }));
  const updates = sizes.map(() => 0);
  for (let step = 1; step <= 4; step++) {
    const used = sizes.map((_, i) => i !== 2 || step % 2 === 0);
    const maxNorm = step === 3 ? 0.5 : undefined;
    const gradients = tf.tidy(() =>
      variables.map((variable, i) =>
        used[i] ? (tf.mul(variable, 0.5 + step * 0.1 * (i + 1)) as tf.Tensor) : undefined,
      ),
    );
    const values = gradients.map((g, i) =>
      g === undefined
        ? undefined
        : Float64Array.from(variables[i]!.dataSync(), (x) => x * (0.5 + step * 0.1 * (i + 1))),
    );
    used.forEach((on, i) => {
      if (on) updates[i]!++;
    });
    const learningRates = sizes.map((_, i) => 0.1 / (i + 1));
    const { gradientNorm } = adamw.step(gradients, {
      ...BETAS,
      learningRates,
      updates: [...updates],
      ...(maxNorm === undefined ? {} : { maxNorm }),
    });
    const norm = Math.sqrt(
      values.reduce((sum, g) => sum + (g?.reduce((s, x) => s + x * x, 0) ?? 0), 0),
    );
    expect(gradientNorm).toBeCloseTo(norm, 4);
    const scale = maxNorm === undefined ? 1 : Math.min(1, maxNorm / (norm + 1e-6));
    expected.forEach((state, i) => {
      const gradient = values[i];
      if (gradient === undefined) return;
      optimStep(
        state,
        gradient.map((x) => x * scale),
        {
          ...BETAS,
          rate: learningRates[i]!,
          decay: decay[i]!,
          times: updates[i]!,
        },
      );
    });
    for (const gradient of gradients) gradient?.dispose();
  }
  expected.forEach((state, i) => {
    const weights = variables[i]!.dataSync();
    const moments = adamw.moments(i);
    state.weights.forEach((x, k) => {
      expect(weights[k]).toBeCloseTo(x, 5);
    });
    state.first.forEach((x, k) => {
      expect(moments.first[k]).toBeCloseTo(x, 5);
    });
    state.second.forEach((x, k) => {
      expect(moments.second[k]).toBeCloseTo(x, 6);
    });
  });
  const before = variables.map((variable) => variable.dataSync());
  adamw.dispose();
  expect(variables.map((variable) => variable.dataSync())).toEqual(before);
  for (const variable of variables) variable.dispose();
});

it("copies a gradient that is given again only once, and keeps its values", () => {
  const variables = [0, 1].map(() => tf.variable(tf.zeros([20])));
  const adamw = trainingBackend(tf.backend())!.createAdamW(
    variables.map((variable) => ({ variable, weightDecay: 0 })),
  );
  const hyper = (times: number) => ({
    ...BETAS,
    learningRates: [0.5, 0.25],
    updates: [times, times],
  });
  const values = new Float32Array(20).fill(2);
  const gradient = tf.tensor1d(values);
  const other = tf.tensor1d(new Float32Array(20).fill(-3));
  adamw.step([gradient, gradient], hyper(1));
  values.fill(100);
  expect(adamw.step([gradient, gradient], hyper(2)).gradientNorm).toBeCloseTo(
    Math.sqrt(2 * 20 * 4),
    5,
  );
  expect(variables.map((variable) => variable.dataSync()[19]!.toFixed(4))).toEqual([
    "-1.0000",
    "-0.5000",
  ]);
  adamw.step([other, other], hyper(3));
  expect(gradient.dataSync()).toEqual(new Float32Array(20).fill(2));
  adamw.dispose();
  expect(other.dataSync()).toEqual(new Float32Array(20).fill(-3));
  tf.dispose([...variables, gradient, other]);
});
