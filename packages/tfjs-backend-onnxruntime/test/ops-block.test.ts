import { cpus } from "node:os";
import { createRng, type Rng } from "@espalier/core";
import {
  attention,
  attentionIndex,
  createAdamW,
  dropout,
  embedding,
  gelu,
  gradients,
  layerNorm,
  linear,
  softmaxCrossEntropy,
} from "@espalier/ops";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { BACKEND_NAME, registerOnnxruntimeBackend } from "../src/index.ts";

const D = 48;
const HEADS = 4;
const LAYERS = 2;
const VOCABULARY = 90;
const STEPS = 3;

/** Text lengths of one batch; many tokens share few ids, so the table's gradient adds up rows. */
const lengths = [9, 3, 17, 1, 12, 8];

it("trains an encoder as the composed operations on the cpu backend do", async () => {
  const cpu = await train("cpu");
  registerOnnxruntimeBackend({ threads: Math.min(2, cpus().length) });
  const native = await train(BACKEND_NAME);
  expect(native.losses).toHaveLength(STEPS);
  for (const [step, loss] of cpu.losses.entries()) {
    expect(native.losses[step]).toBeCloseTo(loss, 4);
    expect(native.norms[step]).toBeCloseTo(cpu.norms[step] as number, 4);
  }
  expect(cpu.losses[2]).toBeLessThan(cpu.losses[0] as number);
  for (const [name, values] of Object.entries(cpu.first)) {
    const others = native.first[name] as Float32Array;
    const scale = Math.max(...values.map(Math.abs));
    // A key's bias has no gradient but rounding noise: softmax ignores what all keys share.
    const tolerance = name.endsWith("k.bias") ? 1e-6 : 1e-4 * scale + 1e-7;
    for (const [i, value] of values.entries()) {
      const error = Math.abs((others[i] as number) - value);
      expect(error, `${name}[${i}]: ${others[i]}, ${value} on cpu`).toBeLessThan(tolerance);
    }
  }
});

interface Run {
  losses: number[];
  norms: number[];
  /** Gradients of the first step. */
  first: Record<string, Float32Array>;
}

async function train(backend: string): Promise<Run> {
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const variables = parameters(createRng(3));
  const optimizer = createAdamW(
    Object.entries(variables).map(([name, variable]) => ({ name, variable, weightDecay: 0.01 })),
    { maxGradientNorm: 1, epsilon: 1e-3 },
  );
  const run: Run = { losses: [], norms: [], first: {} };
  for (let step = 0; step < STEPS; step++) {
    const { value, gradients: found } = gradients(
      () => loss(variables, createRng(5).fork(step)),
      variables,
    );
    const { gradientNorm } = optimizer.step(found, 0.01, { alsoEvaluate: [value] });
    run.losses.push(value.dataSync()[0] as number);
    run.norms.push(gradientNorm);
    // Read after the step, which has evaluated them all in one launch.
    if (step === 0) {
      for (const [name, gradient] of Object.entries(found)) {
        run.first[name] = gradient.dataSync<"float32">().slice();
      }
    }
    tf.dispose([value, found]);
  }
  optimizer.dispose();
  tf.dispose(variables);
  expect(tf.memory().numTensors).toBe(before);
  return run;
}

function loss(variables: Record<string, tf.Variable>, rng: Rng): tf.Scalar {
  const get = (name: string): never => variables[name] as never;
  const map = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
    linear(x, get(`${name}.weight`), get(`${name}.bias`));
  const norm = (x: tf.Tensor, name: string): tf.Tensor2D =>
    layerNorm(x as tf.Tensor2D, get(`${name}.weight`), get(`${name}.bias`), 1e-12);

  const starts = Int32Array.of(0, ...lengths.map((_, b) => sum(lengths.slice(0, b + 1))));
  const tokens = sum(lengths);
  const rows = tokens + 3;
  const index = attentionIndex(starts, { heads: HEADS, rows, lengthTokens: 18 });
  const ids = Int32Array.from({ length: rows }, (_, row) => (row * row * 7) % 31);
  const shared = {
    heads: HEADS,
    batch: index.batch,
    lengthTokens: index.lengthTokens,
    slots: {
      gather: tf.tensor1d(index.gather, "int32"),
      scatter: tf.tensor1d(index.scatter, "int32"),
      bias: tf.tensor4d(index.bias, [index.batch, 1, 1, index.lengthTokens]),
    },
  };
  let states = norm(embedding(get("table"), tf.tensor1d(ids, "int32")), "norm");
  for (let layer = 0; layer < LAYERS; layer++) {
    const at = (name: string): string => `${layer}.${name}`;
    const attended = attention(
      { q: map(states, at("q")), k: map(states, at("k")), v: map(states, at("v")) },
      { ...shared, dropout: { rate: 0.1, rng: rng.fork(at("attention")) } },
    );
    states = norm(tf.add(states, map(attended, at("out"))), at("norm1"));
    const hidden = map(gelu(map(states, at("up")), "erf"), at("down"));
    const dropped = dropout(hidden, { rate: 0.1, rng: rng.fork(at("dropout")) });
    states = norm(tf.add(states, dropped), at("norm2"));
  }
  const vectors = tf.gather(states, tf.tensor1d(starts.slice(0, -1), "int32")); // first tokens
  const labels = Int32Array.from(lengths, (_, b) => (b === 1 ? -1 : b % 3));
  return softmaxCrossEntropy(map(vectors, "head"), labels, { labelSmoothing: 0.1 }).loss;
}

function parameters(rng: Rng): Record<string, tf.Variable> {
  const variables: Record<string, tf.Variable> = {};
  const add = (name: string, shape: number[], center = 0): void => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) });
    for (const i of values.keys()) values[i] = center + 0.1 * rng.normal();
    variables[name] = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
  };
  const map = (name: string, [output, input]: [number, number]): void => {
    add(`${name}.weight`, [output, input]);
    add(`${name}.bias`, [output]);
  };
  const norm = (name: string): void => {
    add(`${name}.weight`, [D], 1);
    add(`${name}.bias`, [D]);
  };
  add("table", [VOCABULARY, D]);
  norm("norm");
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const name of ["q", "k", "v", "out"]) map(`${layer}.${name}`, [D, D]);
    norm(`${layer}.norm1`);
    map(`${layer}.up`, [4 * D, D]);
    map(`${layer}.down`, [D, 4 * D]);
    norm(`${layer}.norm2`);
  }
  map("head", [3, D]);
  return variables;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
