import { startTestBackend, testBackends } from "@espalier/backends/testing";
import { createRng } from "@espalier/core";
import { freeze } from "@espalier/freeze-policy";
import {
  createTrainingSession,
  type OptimizerConfig,
  planStep,
  type SessionState,
  type TrainEvent,
  type TrainingSession,
  type TrainOptions,
  textTable,
  train,
} from "@espalier/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainSource } from "../src/vector-source.ts";
import { reviews } from "./reviews.ts";
import { type TinyModel, tinyModel } from "./tiny-model.ts";

const WORDS = "embeddings.word_embeddings.weight";
const { examples } = reviews();
/** None of its words is in the reviews. */
const UNSEEN = "people run with two children";

let model: TinyModel;

const fresh = async (): Promise<TinyModel> => {
  model?.dispose();
  model = await tinyModel("tiny-distilbert", { dropout: 0.1 });
  return model;
};
const weights = (): Record<string, Float32Array> =>
  Object.fromEntries(
    model
      .parameters()
      .map(({ path, variable }) => [path.name, variable.dataSync<"float32">().slice()]),
  );

function expectClose(
  actual: Readonly<Record<string, Float32Array>>,
  expected: Readonly<Record<string, Float32Array>>,
): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    const furthest = values.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (actual[name]?.[i] as number))),
      0,
    );
    expect(furthest, name).toBeLessThan(1e-6);
  }
}

describe.each(testBackends())("active vocabulary on %s", (backend) => {
  beforeEach(async () => {
    await startTestBackend(backend);
    await fresh();
  });
  afterEach(() => model.dispose());

  /** Token ids of the reviews. */
  const used = (): Int32Array =>
    Int32Array.from(
      new Set([0, ...examples.flatMap(({ text }) => [...model.encoder.tokenize(text).ids])]),
    ).sort();

  function start(
    vocabulary: "active" | "all",
    optimizer: OptimizerConfig = { kind: "adamw", weightDecay: 0.1 },
  ): TrainingSession {
    const plan = planStep(freeze.none(), model);
    const session = createTrainingSession(model, {
      ...{ optimizer, clipNorm: 0.5, taskFactors: { a: 1, b: 0.5 } },
      trainable: new Set(plan.trainable),
      activeRows: vocabulary === "active" ? used() : undefined,
    });
    const table = textTable(examples.map(({ text }) => model.encoder.tokenize(text)));
    session.use(plan, plainSource(model.encoder, table, "text"));
    return session;
  }

  function steps(session: TrainingSession, from: number, to: number): number[] {
    return Array.from({ length: to - from }, (_, i) => from + i).map((step) => {
      const rows = Int32Array.of(step % 12, (2 * step + 5) % 12, (step + 3) % 12);
      const column = (task: "a" | "b"): Int32Array =>
        rows.map((row) => Number(examples[row]?.labels[task]));
      const { loss, gradientNorm } = session.step(
        [{ texts: rows, targets: { a: column("a"), b: column("b") } }],
        { learningRate: 1e-2 / (1 + step), rng: createRng(1).fork(step) },
      );
      return loss + gradientNorm;
    });
  }

  it.each([
    { kind: "adamw", weightDecay: 0.1 },
    { kind: "adamw", weightDecay: 0 },
    { kind: "sgd" },
  ] as const)("comes out as training the whole table: %j", async (optimizer) => {
    const plain = start("all", optimizer);
    const expectedLosses = steps(plain, 0, 8);
    plain.dispose();
    const expected = weights();
    await fresh();
    const before = weights()[WORDS] as Float32Array;
    const tensors = tf.memory().numTensors;
    const session = start("active", optimizer);
    const losses = steps(session, 0, 8);
    for (const [i, loss] of expectedLosses.entries()) expect(losses[i]).toBeCloseTo(loss, 5);
    session.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
    const actual = weights();
    expectClose(actual, expected);

    // Rows that no text uses are rounded as if each update had gone over them.
    const ids = new Set(used());
    const width = before.length / model.encoder.wordTable.rows;
    const idle = (values: Float32Array): number[] =>
      [...values].filter((_, i) => !ids.has(Math.floor(i / width)));
    expect(ids.size).toBeLessThan(model.encoder.wordTable.rows / 2);
    expect(idle(actual[WORDS]!)).toEqual(idle(expected[WORDS]!));
    if (optimizer.weightDecay) expect(idle(actual[WORDS]!)).not.toEqual(idle(before));
  });

  it("keeps gradients and moments of the active rows alone", async () => {
    const session = start("active");
    steps(session, 0, 1);
    const { activeRows, optimizer } = session.state();
    const width = model.encoder.width;
    expect(activeRows).toEqual(used());
    expect(optimizer.parameters[WORDS]?.moments.first).toHaveLength(used().length * width);
    session.dispose();
  });

  it("goes on from a saved state as if it had never stopped", async () => {
    const straight = start("active");
    const expectedLosses = steps(straight, 0, 6);
    straight.dispose();
    const expected = weights();
    await fresh();
    const first = start("active");
    steps(first, 0, 3);
    const saved: SessionState = first.state();
    const kept = weights();
    first.dispose();
    await fresh();
    for (const { path, variable } of model.parameters())
      tf.tidy(() => variable.assign(tf.tensor(kept[path.name]!, variable.shape)));
    const second = start("active");
    second.load(saved);
    expect(steps(second, 3, 6)).toEqual(expectedLosses.slice(3));
    second.dispose();
    expect(weights()).toEqual(expected);
  });

  it("shows the trained and decayed table to whoever asks for it between steps", async () => {
    const seen = async (vocabulary: "active" | "all"): Promise<unknown[]> => {
      await fresh();
      const session = start(vocabulary);
      const found: unknown[] = [];
      for (const step of [0, 1, 2]) {
        steps(session, step, step + 1);
        const { data } = await model.encoder.encode([UNSEEN, "A man is cooking fish"]);
        found.push(data, await model.encoder.parameters.values(WORDS));
      }
      session.dispose();
      return found;
    };
    const plain = await seen("all");
    for (const [i, values] of (await seen("active")).entries())
      expectClose({ values: values as Float32Array }, { values: plain[i] as Float32Array });
  });

  it("takes over what is written into the table between steps", async () => {
    const { parameters, wordTable } = model.encoder;
    const values = new Float32Array(parameters.get(WORDS).size).fill(0.25);
    const session = start("active");
    steps(session, 0, 2);
    parameters.set(WORDS, values);
    expect(await parameters.values(WORDS)).toEqual(values);
    steps(session, 2, 3);
    session.dispose();
    const after = await parameters.values(WORDS);
    const idle = Array.from({ length: wordTable.rows }, (_, row) => row).find(
      (row) => !used().includes(row),
    ) as number;
    const width = after.length / wordTable.rows;
    expect(after[idle * width]).toBe(Math.fround(0.25 * Math.fround(1 - (1e-2 / 3) * 0.1)));
    expect(after[(used()[1] as number) * width]).toBeCloseTo(0.25, 1);
  });

  it("refuses the state of other rows, and an optimizer that can't do without them", () => {
    const plain = start("all");
    steps(plain, 0, 1);
    const session = start("active");
    expect(() => session.load(plain.state())).toThrow(
      `the state has moments of all rows of the word table, this session of ${used().length}`,
    );
    plain.dispose();
    session.dispose();
    expect(() => start("active", { kind: "sgd", weightDecay: 0.1 })).toThrow(/active rows.*"sgd"/);
  });

  it.each([
    ["everything, with a best epoch to go back to", { epochs: 4, validation: 0.25 }],
    [
      "the heads, then everything",
      {
        validation: 0.25,
        phases: [
          { freeze: freeze.backbone(), epochs: 1 },
          { epochs: 2, learningRate: 1e-2 },
          { freeze: freeze.embeddings(), epochs: 1 },
          { epochs: 1, learningRate: 5e-3 },
        ],
      },
    ],
    [
      "unfreezing within a phase",
      { epochs: 3, freeze: freeze.gradual(2, { stepsPerLayer: 2 }), learningRate: 1e-2 },
    ],
  ] as const)("train gives the same: %s", async (_, options) => {
    const results = [];
    for (const vocabulary of ["all", "active"] as const) {
      await fresh();
      const events: TrainEvent[] = [];
      const tensors = tf.memory().numTensors;
      await train(model, {
        ...{ train: reviews(), batchSize: 4, learningRate: undefined as never },
        ...(options as Partial<TrainOptions>),
        optimizer: { kind: "adamw", weightDecay: 0.1 },
        vocabulary,
        onEvent: (event) => events.push(event),
      });
      expect(tf.memory().numTensors).toBe(tensors);
      results.push({
        losses: events.flatMap((event) => (event.type === "step" ? [event.loss] : [])),
        scores: events.flatMap((event) => (event.type === "evaluation" ? [event.report.loss] : [])),
        plans: events.flatMap((event) =>
          event.type === "phase-start" || event.type === "unfrozen" ? [event.plan] : [],
        ),
        phases: events.flatMap((event) => (event.type === "phase-end" ? [event.activeRows] : [])),
        weights: weights(),
      });
    }
    const [plain, active] = results as [(typeof results)[0], (typeof results)[0]];
    expect(active.losses.length).toBeGreaterThan(8);
    for (const [i, loss] of plain.losses.entries()) expect(active.losses[i]).toBeCloseTo(loss, 5);
    for (const [i, loss] of plain.scores.entries()) expect(active.scores[i]).toBeCloseTo(loss, 5);
    expectClose(active.weights, plain.weights);
    expect(plain.plans.filter(({ activeRows }) => activeRows !== undefined)).toEqual([]);
    for (const plan of active.plans)
      expect(plan.activeRows !== undefined, plan.policy).toBe(plan.trainable.includes(WORDS));
    expect(active.plans.some(({ activeRows }) => activeRows !== undefined)).toBe(true);
    expect(plain.phases.filter((rows) => rows !== undefined)).toEqual([]);
    const found = active.phases.find((rows) => rows !== undefined);
    expect(found?.rows).toBeLessThan((found?.of as number) / 2);
  });
});
