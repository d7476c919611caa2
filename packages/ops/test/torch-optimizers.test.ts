import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { createAdamW } from "../src/adamw.ts";
import type { Optimizer, OptimizerParameter } from "../src/optimizer.ts";
import { createSgd } from "../src/sgd.ts";

interface Trajectory {
  maxGradientNorm: number | null;
  start: Record<string, number[]>;
  steps: {
    learningRate: number;
    gradients: Record<string, number[]>;
    gradientNorm: number | null;
    parameters: Record<string, number[]>;
  }[];
}

const fixture = new URL("fixtures/torch-optimizers.json", import.meta.url);
const golden = JSON.parse(readFileSync(fixture, "utf8")) as {
  shapes: Record<string, number[]>;
  weightDecay: Record<string, number>;
  cases: Record<string, Trajectory>;
};

type Create = (parameters: OptimizerParameter[], clip: { maxGradientNorm?: number }) => Optimizer;
const optimizers: [string, Create][] = [
  ["adamw", createAdamW],
  ["adamwClipped", createAdamW],
  ["sgd", createSgd],
  ["sgdMomentumClipped", (parameters, clip) => createSgd(parameters, { momentum: 0.9, ...clip })],
];

beforeAll(async () => {
  await tf.setBackend("cpu");
});

it.each(optimizers)("%s takes the steps that torch takes", (name, create) => {
  const { maxGradientNorm, start, steps } = golden.cases[name] as Trajectory;
  const before = tf.memory().numTensors;
  const parameters = Object.entries(start).map(([name, values]) => ({
    name,
    weightDecay: golden.weightDecay[name] as number,
    variable: tf.tidy(() => tf.variable(tf.tensor(values, golden.shapes[name]))),
  }));
  const optimizer = create(parameters, maxGradientNorm === null ? {} : { maxGradientNorm });
  for (const step of steps) {
    const tensors = Object.fromEntries(
      Object.entries(step.gradients).map(([name, values]) => [
        name,
        tf.tensor(values, golden.shapes[name]),
      ]),
    );
    const { gradientNorm } = optimizer.step(tensors, step.learningRate);
    tf.dispose(tensors);
    if (step.gradientNorm !== null) expect(gradientNorm).toBeCloseTo(step.gradientNorm, 4);
    for (const { name, variable } of parameters) {
      for (const [i, value] of variable.dataSync().entries()) {
        expect(Math.abs(value - (step.parameters[name]?.[i] as number))).toBeLessThan(2e-6);
      }
    }
  }
  optimizer.dispose();
  tf.dispose(parameters.map(({ variable }) => variable));
  expect(tf.memory().numTensors).toBe(before);
});
