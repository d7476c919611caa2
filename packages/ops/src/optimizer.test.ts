import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { createAdamW } from "./adamw.ts";
import type { AdamWSlot, NativeAdamW, TrainingBackend } from "./native-training.ts";
import type { Optimizer, OptimizerParameter, OptimizerState } from "./optimizer.ts";
import { createSgd } from "./sgd.ts";

let parameters: OptimizerParameter[] = [];
let before = 0;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

beforeEach(() => {
  before = tf.memory().numTensors;
  parameters = [
    { name: "encoder.weight", variable: variable([1, 2, 3, 4], [2, 2]), weightDecay: 0.1 },
    { name: "encoder.bias", variable: variable([1, 2], [2]), weightDecay: 0 },
  ];
});

afterEach(() => {
  tf.dispose(parameters.map(({ variable }) => variable));
  expect(tf.memory().numTensors).toBe(before);
});

const creators: [string, (parameters: OptimizerParameter[]) => Optimizer][] = [
  ["adamw", createAdamW],
  ["sgd", (parameters) => createSgd(parameters, { momentum: 0.5 })],
];

it.each(creators)(
  "%s leaves a parameter without a gradient bit by bit as it was",
  (_kind, create) => {
    const optimizer = create(parameters);
    step(optimizer, { "encoder.bias": [1, -1] });
    expect(values("encoder.weight")).toEqual([1, 2, 3, 4]);
    expect(values("encoder.bias")).not.toEqual([1, 2]);
    expect(Object.keys(optimizer.state().parameters)).toEqual(["encoder.bias"]);
    optimizer.dispose();
  },
);

it.each(creators)("%s goes on from a saved state as if it had never stopped", (_kind, create) => {
  const one = create(parameters);
  step(one, { "encoder.weight": [1, -2, 3, -4] });
  step(one, { "encoder.weight": [2, 2, 2, 2], "encoder.bias": [1, 5] });
  const saved = structuredClone(one.state());
  const start = parameters.map(({ variable }) => tf.clone(variable));
  step(one, { "encoder.weight": [0, 1, 0, 1], "encoder.bias": [3, 4] });
  const straight = [values("encoder.weight"), values("encoder.bias")];
  one.dispose();

  const two = create(parameters);
  step(two, { "encoder.bias": [9, 9] }); // whatever it did before is forgotten
  for (const [i, { variable }] of parameters.entries()) variable.assign(start[i] as tf.Tensor);
  two.load(saved);
  expect(two.state()).toEqual(saved);
  step(two, { "encoder.weight": [0, 1, 0, 1], "encoder.bias": [3, 4] });
  expect([values("encoder.weight"), values("encoder.bias")]).toEqual(straight);
  two.load({ kind: two.kind, parameters: {} });
  expect(two.state().parameters).toEqual({});
  two.dispose();
  tf.dispose(start);
});

it.each(creators)("%s shares no memory with a state it gave or took", (_kind, create) => {
  const spoil = (state: OptimizerState): void => {
    for (const { moments } of Object.values(state.parameters)) {
      for (const values of Object.values(moments)) values.fill(1e6);
    }
  };
  const optimizer = create(parameters);
  step(optimizer, { "encoder.bias": [1, 5] });
  const intact = structuredClone(optimizer.state());
  spoil(optimizer.state());
  expect(optimizer.state()).toEqual(intact);
  const given = structuredClone(intact);
  optimizer.load(given);
  spoil(given);
  expect(optimizer.state()).toEqual(intact);
  optimizer.dispose();
});

it("refuses what does not belong together, before it changes anything", () => {
  const optimizer = createAdamW(parameters);
  expect(() => step(optimizer, { "encoder.wieght": [1] })).toThrow(
    'no parameter "encoder.wieght" (did you mean "encoder.weight"?)',
  );
  expect(() => step(optimizer, { "encoder.bias": [1, 2, 3] })).toThrow(
    'gradient of "encoder.bias" has shape [3], expected [2]',
  );
  expect(() => step(optimizer, { "encoder.bias": [1, 2] }, { "encoder.weight": 0.1 })).toThrow(
    '"encoder.bias" has no learning rate',
  );
  expect(() => step(optimizer, { "encoder.bias": [1, 2] }, Number.NaN)).toThrow(
    'learning rate of "encoder.bias" is NaN',
  );
  expect(() => optimizer.load({ kind: "sgd", parameters: {} })).toThrow(
    'the state is of "sgd", this optimizer is "adamw"',
  );
  const state = (name: string, length: number) => ({
    kind: "adamw" as const,
    parameters: {
      [name]: {
        updates: 1,
        moments: { first: new Float32Array(length), second: new Float32Array(length) },
      },
    },
  });
  expect(() => optimizer.load(state("encoder.gain", 2))).toThrow('no parameter "encoder.gain"');
  expect(() => optimizer.load(state("encoder.bias", 3))).toThrow(
    'moment "first" has 3 values, expected 2',
  );
  expect(values("encoder.bias")).toEqual([1, 2]);
  expect(optimizer.state().parameters).toEqual({});
  optimizer.dispose();
});

it("refuses settings that can't be right", () => {
  expect(() => createAdamW(parameters, { beta1: 1 })).toThrow(
    "beta1 is 1, expected 0 <= beta1 < 1",
  );
  expect(() => createAdamW(parameters, { maxGradientNorm: 0 })).toThrow("maxGradientNorm is 0");
  expect(() => createSgd(parameters, { momentum: -1 })).toThrow("momentum is -1");
  expect(() => createSgd([...parameters, ...parameters])).toThrow(
    'parameter "encoder.weight" is given twice',
  );
});

it("hands the step to a backend that updates in place", () => {
  const steps: unknown[] = [];
  let slots: readonly AdamWSlot[] = [];
  const native: NativeAdamW = {
    step(gradients, hyper, alsoEvaluate) {
      steps.push({ given: gradients.map((g) => g?.shape), hyper, also: alsoEvaluate?.length });
      return { gradientNorm: 7 };
    },
    moments: () => ({ first: Float32Array.of(1, 1), second: Float32Array.of(2, 2) }),
    setMoments: (slot, moments) => steps.push({ slot, moments }),
    dispose: () => steps.push("disposed"),
  };
  const backend = tf.backend() as unknown as Partial<TrainingBackend>;
  backend.createAdamW = (given) => {
    slots = given;
    return native;
  };
  try {
    const optimizer = createAdamW(parameters, { maxGradientNorm: 2 });
    expect(slots.map(({ weightDecay }) => weightDecay)).toEqual([0.1, 0]);
    const loss = tf.scalar(1);
    const gradient = tf.tensor1d([1, 2]);
    const { gradientNorm } = optimizer.step({ "encoder.bias": gradient }, 0.5, {
      alsoEvaluate: [loss],
    });
    tf.dispose([loss, gradient]);
    expect(gradientNorm).toBe(7);
    const hyper = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, maxNorm: 2 };
    expect(steps.pop()).toEqual({
      given: [undefined, [2]],
      hyper: { ...hyper, learningRates: [0, 0.5], updates: [0, 1] },
      also: 1,
    });
    expect(optimizer.state()).toEqual({
      kind: "adamw",
      parameters: {
        "encoder.bias": {
          updates: 1,
          moments: { first: Float32Array.of(1, 1), second: Float32Array.of(2, 2) },
        },
      },
    });
    optimizer.dispose();
    expect(steps).toEqual(["disposed"]);
  } finally {
    delete backend.createAdamW;
  }
});

function step(
  optimizer: Optimizer,
  given: Record<string, number[]>,
  rates: number | Record<string, number> = 0.1,
): void {
  const tensors = Object.fromEntries(
    Object.entries(given).map(([name, values]) => [
      name,
      tf.tensor(values, name === "encoder.weight" ? [2, 2] : [values.length]),
    ]),
  );
  try {
    optimizer.step(tensors, rates);
  } finally {
    tf.dispose(tensors);
  }
}

function values(name: string): number[] {
  return [...(parameters.find((p) => p.name === name) as OptimizerParameter).variable.dataSync()];
}

function variable(values: number[], shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}
