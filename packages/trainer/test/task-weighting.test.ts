import { startTestBackend, testBackends } from "@espalier/backends/testing";
import { createRng } from "@espalier/core";
import { freeze } from "@espalier/freeze-policy";
import {
  createTaskWeighting,
  createTrainingSession,
  openVectorSource,
  planStep,
  type StepResult,
  type TaskWeighting,
  textTable,
  train,
} from "@espalier/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reviews } from "./reviews.ts";
import { type TinyModel, tinyModel } from "./tiny-model.ts";

const RATE = 0.1;
const TASKS = ["a", "b"];
let model: TinyModel;
let initial: Float32Array[];

beforeAll(async () => {
  await startTestBackend(testBackends().at(-1));
  model = await tinyModel("tiny-distilbert");
  initial = values();
});
afterAll(() => model.dispose());

const values = (): Float32Array[] =>
  model.parameters().map(({ variable }) => variable.dataSync<"float32">().slice());

/** What one update of plain gradient descent moves the parameters by, from the same start. */
async function update(options: {
  weighting?: TaskWeighting;
  taskFactors?: { a: number; b: number };
  tasks?: readonly string[];
}): Promise<{ moved: Float32Array[]; result: StepResult }> {
  for (const [i, { variable }] of model.parameters().entries())
    tf.tidy(() => variable.assign(tf.tensor(initial[i]!.slice(), variable.shape)));
  const { weighting, taskFactors = { a: 1, b: 1 }, tasks = TASKS } = options;
  const plan = planStep(freeze.none(), model);
  const session = createTrainingSession(model, {
    optimizer: { kind: "sgd", momentum: 0 },
    clipNorm: "off",
    taskFactors,
    trainable: new Set(plan.trainable),
    weighting,
  });
  const { examples } = reviews();
  const table = textTable(examples.map(({ text }) => model.encoder.tokenize(text)));
  session.use(
    plan,
    await openVectorSource(model.encoder, table, {
      ...{ start: "text", cache: "off", cacheLimitBytes: 0 },
    }),
  );
  const rows = [1, 2, 6, 11];
  const result = session.step(
    [
      {
        texts: Int32Array.from(rows),
        targets: Object.fromEntries(
          tasks.map((task) => [
            task,
            Int32Array.from(rows, (row) => Number(examples[row]?.labels[task])),
          ]),
        ),
      },
    ],
    { learningRate: RATE, rng: createRng(5) },
  );
  session.dispose();
  return { moved: values().map((after, i) => after.map((x, k) => x - initial[i]![k]!)), result };
}

function expectSame(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  for (const [i, wanted] of expected.entries())
    for (const [k, value] of wanted.entries())
      expect(Math.abs((actual[i]![k] as number) - value)).toBeLessThan(
        2e-6 + 1e-3 * Math.abs(value),
      );
}

describe("task weighting", () => {
  it("is uncertain of tasks whose loss is high", async () => {
    const weighting = createTaskWeighting("uncertainty", TASKS);
    const learnt = await update({ weighting, taskFactors: { a: 1, b: 2 } });
    // It starts with the fixed factors, and moves s by the derivative of L e⁻ˢ / 2 + s / 2.
    expectSame(learnt.moved, (await update({ taskFactors: { a: 1, b: 2 } })).moved);
    const { a, b } = learnt.result.losses as { a: number; b: number };
    const s = { a: -Math.LN2 - RATE * (0.5 - a), b: -Math.LN2 - RATE * (0.5 - 2 * b) };
    expect(weighting.current()?.a).toBeCloseTo(Math.exp(-s.a) / 2, 5);
    expect(weighting.current()?.b).toBeCloseTo(Math.exp(-s.b) / 2, 5);

    const factors = weighting.current() as { a: number; b: number };
    expectSame((await update({ weighting })).moved, (await update({ taskFactors: factors })).moved);
    weighting.dispose();
  });

  it("leaves the uncertainty of a task alone that a batch has no labels of", async () => {
    const weighting = createTaskWeighting("uncertainty", TASKS);
    await update({ weighting, tasks: ["a"] });
    expect(weighting.current()?.b).toBeCloseTo(1, 6);
    expect(weighting.current()?.a).not.toBeCloseTo(1, 3);
    weighting.dispose();
  });

  it("takes the geometric mean", async () => {
    const { losses } = (await update({})).result;
    const { a, b } = losses as { a: number; b: number };
    const mean = Math.sqrt(a * b);
    expectSame(
      (await update({ weighting: createTaskWeighting("geometric", TASKS) })).moved,
      (await update({ taskFactors: { a: mean / (2 * a), b: mean / (2 * b) } })).moved,
    );
  });

  it("draws factors from the stream of the update", async () => {
    const weighting = createTaskWeighting("random", TASKS);
    const [a = 0, b = 0] = weighting.factors?.(TASKS, createRng(5).fork("task weighting")) ?? [];
    expect(a + b).toBeCloseTo(2, 6);
    expect(a).not.toBeCloseTo(1, 2);
    expectSame(
      (await update({ weighting })).moved,
      (await update({ taskFactors: { a, b } })).moved,
    );
  });

  it("counts tasks more whose loss falls slowly, from the third epoch on", async () => {
    const weighting = createTaskWeighting({ kind: "dwa", temperature: 0.5 }, TASKS);
    const epoch = (...updates: { a: number; b: number }[]) => {
      for (const losses of updates) weighting.observe(losses);
      weighting.epochEnded();
    };
    epoch({ a: 1, b: 4 }, { a: 3, b: 4 });
    expect(weighting.current()).toEqual({ a: 1, b: 1 });
    epoch({ a: 1, b: 3 });
    // a fell to 1/2, b to 3/4
    const [first, second] = [Math.exp(0.5 / 0.5), Math.exp(0.75 / 0.5)];
    const a = (2 * first) / (first + second);
    expect(weighting.current()?.a).toBeCloseTo(a, 6);
    expect(weighting.current()?.b).toBeCloseTo(2 - a, 6);
    expectSame(
      (await update({ weighting })).moved,
      (await update({ taskFactors: { a, b: 2 - a } })).moved,
    );
    const again = createTaskWeighting({ kind: "dwa", temperature: 0.5 }, TASKS);
    again.load(weighting.state());
    expect(again.state()).toEqual(weighting.state());
    expect(again.current()).toEqual(weighting.current());
  });

  it.each(["fixed", "uncertainty", "dwa", "random", "geometric"] as const)(
    "trains a run with %s factors",
    async (taskWeighting) => {
      const rows = reviews();
      const tensors = tf.memory().numTensors;
      const factors: unknown[] = [];
      const result = await train(model, {
        train: rows,
        validation: rows,
        epochs: 6,
        batchSize: 4,
        accumulationSteps: 2,
        learningRate: 1e-3,
        taskWeighting,
        onEvent: (event) => {
          if (event.type === "evaluation") factors.push(event.taskFactors);
        },
      });
      expect(tf.memory().numTensors).toBe(tensors);
      const [first, last] = [result.evaluations[0], result.evaluations.at(-1)];
      expect(last?.report.loss).toBeLessThan(first?.report.loss as number);
      const lasting = taskWeighting === "uncertainty" || taskWeighting === "dwa";
      expect(factors.every((value) => (value !== undefined) === lasting)).toBe(true);
      if (lasting)
        expect(new Set(factors.map((value) => JSON.stringify(value))).size).toBeGreaterThan(1);
    },
  );

  it("refuses other kinds and settings", async () => {
    const rows = reviews();
    const start = (taskWeighting: never) => train(model, { train: rows, taskWeighting });
    await expect(start("uncertain" as never)).rejects.toThrow(
      'taskWeighting: "uncertain" is not one of fixed, uncertainty, dwa, random, geometric',
    );
    await expect(start({ kind: "dwa", temperature: 0 } as never)).rejects.toThrow(
      "taskWeighting: temperature 0, expected a number above 0",
    );
    const weighting = createTaskWeighting("uncertainty", ["a"]);
    expect(() => weighting.load({ b: [0] })).toThrow('no task weighting of "a", only of b');
    weighting.dispose();
  });
});
