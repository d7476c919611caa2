import { startTestBackend } from "@espalier/backends/testing";
import { createRng } from "@espalier/core";
import { freeze } from "@espalier/freeze-policy";
import {
  createTaskWeighting,
  createTrainingSession,
  openVectorSource,
  planStep,
  type SessionOptions,
  type StepResult,
  type TrainingBatch,
  type TrainingSession,
  textTable,
} from "@espalier/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { reviews } from "./reviews.ts";
import { type TinyModel, tinyModel } from "./tiny-model.ts";

let model: TinyModel;

beforeAll(() => startTestBackend());
beforeEach(async () => {
  model = await tinyModel("tiny-distilbert", { dropout: 0.2 });
});
afterEach(() => model.dispose());

const plan = () => planStep(freeze.none(), model);

function options(optimizer: SessionOptions["optimizer"]): SessionOptions {
  const trainable = new Set(plan().trainable);
  return { optimizer, clipNorm: 1, taskFactors: { a: 1, b: 0.5 }, trainable };
}

async function start(settings: SessionOptions): Promise<TrainingSession> {
  const session = createTrainingSession(model, settings);
  const table = textTable(reviews().examples.map(({ text }) => model.encoder.tokenize(text)));
  const source = await openVectorSource(model.encoder, table, {
    start: "text",
    cache: "off",
    cacheLimitBytes: 0,
  });
  session.use(plan(), source);
  return session;
}

function batch(rows: number[], tasks: readonly ("a" | "b")[] = ["a", "b"]): TrainingBatch {
  const { examples } = reviews();
  const column = (task: "a" | "b"): Int32Array =>
    Int32Array.from(rows, (row) =>
      tasks.includes(task) ? Number(examples[row]?.labels[task]) : -1,
    );
  return { texts: Int32Array.from(rows), targets: { a: column("a"), b: column("b") } };
}

const steps = (session: TrainingSession, from: number, to: number): StepResult[] =>
  Array.from({ length: to - from }, (_, i) =>
    session.step([batch([(from + i) % 12, (from + i + 5) % 12])], {
      learningRate: 1e-2,
      rng: createRng(1).fork(from + i),
    }),
  );

const values = (): Float32Array[] =>
  model.parameters().map(({ variable }) => variable.dataSync<"float32">().slice());

describe("createTrainingSession", () => {
  it.each([
    ["adamw", "fixed"],
    ["sgd", "fixed"],
    ["adamw", "uncertainty"],
    ["sgd", "dwa"],
  ] as const)(
    "goes on from a saved state as if it had never stopped: %s, %s",
    async (kind, weighting) => {
      const initial = values();
      const begin = () =>
        start({ ...options({ kind }), weighting: createTaskWeighting(weighting, ["a", "b"]) });
      const straight = await begin();
      const expected = steps(straight, 0, 6);
      const final = values();
      straight.dispose();

      for (const [i, { variable }] of model.parameters().entries())
        tf.tidy(() => variable.assign(tf.tensor(initial[i]!.slice(), variable.shape)));
      const first = await begin();
      steps(first, 0, 3);
      const saved = JSON.stringify(first.state(), (_, value: unknown) =>
        value instanceof Float32Array ? { float32: [...value] } : value,
      );
      first.dispose();
      const second = await begin();
      second.load(
        JSON.parse(saved, (_, value) =>
          value?.float32 === undefined ? value : Float32Array.from(value.float32 as number[]),
        ),
      );
      expect(second.steps).toBe(3);
      expect(steps(second, 3, 6)).toEqual(expected.slice(3));
      expect(values()).toEqual(final);
      second.dispose();
    },
  );

  it("leaves a head alone whose task has no label in the batch", async () => {
    const session = await start(options({ kind: "adamw" }));
    const head = model.parameters().find(({ path }) => path.name === "heads.b.weight")!.variable;
    const before = head.dataSync<"float32">().slice();
    const result = session.step([batch([0, 1], ["a"])], { learningRate: 1e-2, rng: createRng(1) });
    expect(Object.keys(result.losses)).toEqual(["a"]);
    expect(result.loss).toBeCloseTo(result.losses.a as number, 6);
    expect(head.dataSync()).toEqual(before); // not even decayed
    expect(Object.keys(session.state().optimizer.parameters)).not.toContain("heads.b.weight");
    session.dispose();
  });

  it("weighs the tasks", async () => {
    const session = await start(options({ kind: "adamw" }));
    const { loss, losses } = session.step([batch([2, 3])], { learningRate: 0, rng: createRng(1) });
    expect(loss).toBeCloseTo((losses.a as number) + 0.5 * (losses.b as number), 6);
    session.dispose();
  });

  it("takes batches without any label for what they are", async () => {
    const session = await start(options({ kind: "adamw" }));
    const before = values();
    const result = session.step([batch([2, 3], [])], { learningRate: 0.1, rng: createRng(1) });
    expect(result).toEqual({ loss: 0, losses: {}, gradientNorm: 0 });
    expect(values()).toEqual(before);
    session.dispose();
  });

  it("needs a plan first", () => {
    const session = createTrainingSession(model, options({ kind: "sgd" }));
    expect(() => session.step([batch([0])], { learningRate: 0.1, rng: createRng(1) })).toThrow(
      "a training session needs a plan before a step",
    );
    session.dispose();
  });
});
