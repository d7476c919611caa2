import type { Rng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { type AdamWConfig, createAdamW } from "../adamw.ts";
import type { Optimizer, OptimizerParameter } from "../optimizer.ts";
import { createSgd } from "../sgd.ts";
import { compare, normals, type Values, whole } from "./operation-case.ts";

const STEPS = 6;
const MAX_NORM = 1.5;

/**
 * Runs AdamW on the current backend beside the same in float64: several parameters, one of them without a gradient in
 * some steps, clipping, and a change of optimizer in the middle that has only the saved state.
 * @throws {EspalierError} BACKEND_FAILED at the first value that differs
 */
export function checkAdamW(rng: Rng): void {
  const config: AdamWConfig = { beta1: 0.8, beta2: 0.95, epsilon: 1e-6, maxGradientNorm: MAX_NORM };
  const first: Record<string, Float64Array> = {};
  const second: Record<string, Float64Array> = {};
  checkSteps(rng, {
    name: "adamw",
    create: (parameters) => createAdamW(parameters, config),
    update({ name, values, gradient, rate, decay, count }) {
      const [m, v] = [moment(first, name, values), moment(second, name, values)];
      for (const [i, g] of gradient.entries()) {
        m[i] = 0.8 * (m[i] as number) + 0.2 * g;
        v[i] = 0.95 * (v[i] as number) + 0.05 * g * g;
        const deviation = Math.sqrt((v[i] as number) / (1 - 0.95 ** count)) + 1e-6;
        const direction = (m[i] as number) / (1 - 0.8 ** count) / deviation;
        values[i] = (values[i] as number) * (1 - rate * decay) - rate * direction;
      }
    },
  });
}

/** The same for SGD with momentum. @throws {EspalierError} BACKEND_FAILED at the first value that differs */
export function checkSgd(rng: Rng): void {
  const momentum: Record<string, Float64Array> = {};
  checkSteps(rng, {
    name: "sgd",
    create: (parameters) => createSgd(parameters, { momentum: 0.9, maxGradientNorm: MAX_NORM }),
    update({ name, values, gradient, rate, decay }) {
      const direction = moment(momentum, name, values);
      for (const [i, g] of gradient.entries()) {
        direction[i] = 0.9 * (direction[i] as number) + g + decay * (values[i] as number);
        values[i] = (values[i] as number) - rate * (direction[i] as number);
      }
    },
  });
}

interface ReferenceUpdate {
  readonly name: string;
  /** Changed in place. */
  readonly values: Float64Array;
  /** After clipping. */
  readonly gradient: Float64Array;
  readonly rate: number;
  readonly decay: number;
  /** Updates of this parameter, this one included. */
  readonly count: number;
}

function checkSteps(
  rng: Rng,
  rule: {
    name: string;
    create(parameters: readonly OptimizerParameter[]): Optimizer;
    update(step: ReferenceUpdate): void;
  },
): void {
  const before = tf.memory().numTensors;
  const inputs: Record<string, Values> = {
    matrix: normals(rng, [whole(rng, 1, 4), whole(rng, 1, 5)]),
    vector: normals(rng, [whole(rng, 1, 6)]),
    late: normals(rng, [2, 3]),
  };
  const decays: Record<string, number> = { matrix: 0.1, vector: 0, late: 0.05 };
  const parameters = Object.entries(inputs).map(([name, { shape, values }]) => ({
    name,
    weightDecay: decays[name] as number,
    variable: tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values), shape))),
  }));
  const reference = Object.fromEntries(
    Object.entries(inputs).map(([name, { values }]) => [name, Float64Array.from(values)]),
  );
  const counts: Record<string, number> = {};
  let optimizer = rule.create(parameters);
  for (let step = 0; step < STEPS; step++) {
    if (step === 3) {
      const saved = optimizer.state();
      optimizer.dispose();
      optimizer = rule.create(parameters);
      optimizer.load(saved);
    }
    const present = parameters.filter(({ name }) => name !== "late" || step % 2 === 1);
    const given = Object.fromEntries(
      present.map(({ name, variable }) => [name, normals(rng, variable.shape)]),
    );
    const rates = Object.fromEntries(present.map(({ name }, i) => [name, 0.01 * (step + i + 1)]));
    const tensors = Object.fromEntries(
      Object.entries(given).map(([name, { shape, values }]) => [
        name,
        tf.tensor(Float32Array.from(values), shape),
      ]),
    );
    const { gradientNorm } = optimizer.step(tensors, rates);
    tf.dispose(tensors);

    const squares = Object.values(given).flatMap(({ values }) => [...values].map((g) => g * g));
    const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
    compare(`${rule.name}: gradient norm of step ${step}`, [gradientNorm], [norm]);
    const factor = Math.min(1, MAX_NORM / (norm + 1e-6));
    for (const { name, variable, weightDecay } of present) {
      const count = (counts[name] ?? 0) + 1;
      counts[name] = count;
      const values = reference[name] as Float64Array;
      rule.update({
        name,
        values,
        gradient: (given[name] as Values).values.map((g) => g * factor),
        rate: rates[name] as number,
        decay: weightDecay,
        count,
      });
      compare(`${rule.name}: ${name} after step ${step}`, variable.dataSync(), values);
    }
    for (const { name, variable } of parameters) {
      compare(
        `${rule.name}: ${name} after step ${step}`,
        variable.dataSync(),
        reference[name] as Float64Array,
      );
    }
  }
  optimizer.dispose();
  tf.dispose(parameters.map(({ variable }) => variable));
  compare(`${rule.name}: tensors left over`, [tf.memory().numTensors - before], [0]);
}

function moment(
  moments: Record<string, Float64Array>,
  name: string,
  like: Float64Array,
): Float64Array {
  moments[name] ??= new Float64Array(like.length);
  return moments[name];
}
