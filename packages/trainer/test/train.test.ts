import { startTestBackend } from "@espalier/backends/testing";
import { EspalierError } from "@espalier/core";
import { freeze } from "@espalier/freeze-policy";
import {
  evaluate,
  type TrainEvent,
  type TrainOptions,
  train,
  trainEvents,
  transferRecipe,
} from "@espalier/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { dataset, reviews } from "./reviews.ts";
import { type TinyModel, tinyModel } from "./tiny-model.ts";

let model: TinyModel | undefined;

beforeAll(() => startTestBackend());
afterEach(() => {
  model?.dispose();
  model = undefined;
});

async function fresh(options: { dropout?: number } = {}): Promise<TinyModel> {
  model?.dispose();
  model = await tinyModel("tiny-distilbert", options);
  return model;
}

function weights(of: TinyModel): Record<string, Float32Array> {
  return Object.fromEntries(
    of
      .parameters()
      .map(({ path, variable }) => [path.name, variable.dataSync<"float32">().slice()]),
  );
}

async function run(
  options: Partial<TrainOptions>,
  modelOptions: { dropout?: number } = {},
): Promise<{ events: TrainEvent[]; losses: number[]; model: TinyModel }> {
  const trained = await fresh(modelOptions);
  const events: TrainEvent[] = [];
  await train(trained, {
    train: reviews(),
    batchSize: 4,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const losses = events.flatMap((event) => (event.type === "step" ? [event.loss] : []));
  return { events, losses, model: trained };
}

describe("train", () => {
  it("overfits twelve rows", async () => {
    const { events, model } = await run({ epochs: 40, learningRate: 5e-3, batchSize: 12 });
    const report = await evaluate(model, reviews());
    expect(report.tasks.a?.metrics.accuracy).toBe(1);
    expect(report.tasks.b?.metrics.accuracy).toBe(1);
    expect(report.loss).toBeLessThan(0.1);
    expect(report.rows).toBe(12);
    const last = events.at(-1);
    expect(last?.type === "end" && last.result).toMatchObject({
      status: "completed",
      weights: "last",
      steps: 40,
    });
  });

  it("gives the same losses bit for bit for the same seed, dropout included", async () => {
    const options = { epochs: 2, learningRate: 1e-3, seed: 7 };
    const first = await run(options, { dropout: 0.3 });
    const again = await run(options, { dropout: 0.3 });
    const other = await run({ ...options, seed: 8 }, { dropout: 0.3 });
    expect(first.losses).toHaveLength(6);
    expect(again.losses).toEqual(first.losses);
    expect(other.losses).not.toEqual(first.losses);
  });

  it.each([
    ["everything below the heads", freeze.backbone()],
    ["the lower layer", freeze.layersBelow(1)],
  ] as const)("gives the same numbers with and without the cache: %s", async (_, policy) => {
    const options = { freeze: policy, epochs: 2, learningRate: 1e-2, validation: reviews() };
    const cached = await run({ ...options, cache: "memory" }, { dropout: 0.2 });
    const plain = await run({ ...options, cache: "off" }, { dropout: 0.2 });
    const tooSmall = await run({ ...options, cacheLimitBytes: 10 }, { dropout: 0.2 });
    expect(cached.losses).toHaveLength(6);
    for (const [i, loss] of plain.losses.entries()) {
      expect(cached.losses[i]).toBeCloseTo(loss, 6);
      expect(tooSmall.losses[i]).toBe(loss);
    }
    const [work, plainWork] = [cached, plain].map(
      ({ events }) => events.find((event) => event.type === "phase-end")?.work,
    );
    expect(work?.plainTokens).toBe(plainWork?.plainTokens);
    expect(work?.tokens).toBeLessThan((plainWork?.tokens as number) / 1.5);
  });

  it("computes the frozen trunk anew after it has trained", async () => {
    const settings = { epochs: 1, learningRate: 1e-2 };
    const phases = [freeze.backbone(), freeze.none(), freeze.backbone()].map((policy) => ({
      ...settings,
      freeze: policy,
    }));
    const cached = await run({ phases, cache: "memory", validation: reviews(), baselines: true });
    const plain = await run({ phases, cache: "off", validation: reviews() });
    expect(cached.losses).toHaveLength(9);
    for (const [i, loss] of plain.losses.entries()) expect(cached.losses[i]).toBeCloseTo(loss, 5);
  });

  it("leaves what is frozen as it is, bit for bit", async () => {
    const before = weights(await fresh());
    const trained = await run({ freeze: freeze.layersBelow(1), epochs: 2, learningRate: 1e-2 });
    const after = weights(trained.model);
    const changed = Object.keys(before)
      .filter((name) => !tf.util.arraysEqual([...before[name]!], [...after[name]!]))
      .filter((name) => !name.includes("k_lin.bias"));
    expect(changed.every((name) => /layer\.1\.|^heads\./.test(name))).toBe(true);
    expect(changed.filter((name) => name.startsWith("heads."))).toHaveLength(4);
    expect(changed).toHaveLength(
      Object.keys(before).filter((name) => /layer\.1\./.test(name)).length - 1 + 4,
    );
  });

  it("trains heads on cached vectors without touching the trunk again", async () => {
    const { events } = await run({ freeze: freeze.backbone(), epochs: 3, learningRate: 1e-2 });
    const end = events.find((event) => event.type === "phase-end");
    const start = events.find((event) => event.type === "start");
    expect(end?.work.tokens).toBe(start?.tokens);
    expect(end?.cacheBytes).toBe(12 * 32 * 4);
    expect(events.filter(({ type }) => type === "cache")).toHaveLength(1);
  });

  it("takes rows that are labelled for some tasks only", async () => {
    const partial = dataset([
      ["A man is cooking", "0"],
      ["The dog ran in the snow", undefined, "0"],
      ["The cat sat in the snow", "1", "1"],
      ["How do you know", undefined, undefined],
    ]);
    const { events } = await run({ train: partial, batchSize: 1, epochs: 1, learningRate: 1e-3 });
    const start = events.find((event) => event.type === "start");
    expect(start).toMatchObject({ rows: { train: 3 }, unlabelled: 1 });
    const tasks = events.flatMap((event) =>
      event.type === "step" ? [Object.keys(event.losses).join()] : [],
    );
    expect(tasks.sort()).toEqual(["a", "a,b", "b"]);
  });

  it("ends with the weights of the best evaluation", async () => {
    const contradicting = dataset([
      ["A man is cooking", "2", "1"],
      ["The cat sat in the snow", "0", "0"],
    ]);
    const result = await train(await fresh(), {
      train: reviews(),
      validation: contradicting,
      bestBy: "loss",
      epochs: 4,
      batchSize: 4,
      learningRate: 5e-3,
    });
    const scores = result.evaluations.map(({ score }) => score);
    expect(result.best?.score).toBe(Math.max(...scores));
    expect(scores.at(-1)).toBeLessThan(result.best?.score as number);
    expect(result.weights).toBe("best");
    const report = await evaluate(model as TinyModel, contradicting);
    expect(report.loss).toBeCloseTo(result.best?.report.loss as number, 5);
  });

  it("unfreezes when validation stagnates, from the best heads", async () => {
    const events: TrainEvent[] = [];
    await train(await fresh(), {
      train: reviews(),
      validation: reviews(),
      batchSize: 6,
      ...transferRecipe({ patience: 1, headEpochs: 40, epochs: 1, learningRate: 1e-3 }),
      onEvent: (event) => events.push(event),
    });
    const kinds = events
      .map(({ type }) => type)
      .filter((type) => !["step", "cache", "evaluation", "best"].includes(type));
    expect(kinds).toEqual([
      "start",
      "phase-start",
      "stagnated",
      "phase-end",
      "phase-start",
      "unfrozen",
      "phase-end",
      "end",
    ]);
    const unfrozen = events.find((event) => event.type === "unfrozen");
    expect(unfrozen?.parameters).toHaveLength(36);
    const [heads, everything] = events.flatMap((event) =>
      event.type === "phase-start" ? [event.plan] : [],
    );
    expect([heads?.start, everything?.start]).toEqual(["pooled", "text"]);
  });

  it("finishes the step and says so when cancelled", async () => {
    const controller = new AbortController();
    const trained = await fresh();
    const tensors = tf.memory().numTensors;
    let steps = 0;
    const result = await train(trained, {
      train: reviews(),
      validation: reviews(),
      batchSize: 4,
      signal: controller.signal,
      onEvent(event) {
        if (event.type === "step" && ++steps === 4) controller.abort();
      },
    });
    expect(result).toMatchObject({ status: "aborted", weights: "last", steps: 4 });
    expect(result.phases).toMatchObject([{ ended: "aborted", steps: 4, epochs: 1 }]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it("can be read as a stream, and stops when the reader does", async () => {
    const trained = await fresh();
    const tensors = tf.memory().numTensors;
    const before = weights(trained);
    let steps = 0;
    for await (const event of trainEvents(trained, { train: reviews(), batchSize: 4 }))
      if (event.type === "step" && ++steps === 2) break;
    expect(steps).toBe(2);
    expect(weights(trained)["heads.a.weight"]).not.toEqual(before["heads.a.weight"]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it("names task, step and rows when a loss is not a number", async () => {
    const trained = await fresh();
    const bias = trained.parameters().find(({ path }) => path.name === "heads.b.bias");
    bias?.variable.assign(tf.tensor1d([Number.NaN, 0]));
    const tensors = tf.memory().numTensors;
    const failure = await train(trained, { train: reviews(), batchSize: 4 }).catch(
      (error: unknown) => error as EspalierError,
    );
    expect(failure).toBeInstanceOf(EspalierError);
    expect(failure).toMatchObject({ code: "NOT_FINITE" });
    expect((failure as EspalierError).message).toMatch(
      /^step 1: the loss of task "b" is NaN; rows rows\.csv:\d+, rows\.csv:\d+, rows\.csv:\d+, rows\.csv:\d+\. /,
    );
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it("leaks no tensor in 500 steps", async () => {
    const trained = await fresh({ dropout: 0.1 });
    const rows = dataset([
      ["A man", "0", "0"],
      ["The dog", "1", "1"],
    ]);
    const tensors = tf.memory().numTensors;
    const result = await train(trained, {
      train: rows,
      validation: rows,
      batchSize: 2,
      accumulationSteps: 2,
      evaluateEverySteps: 50,
      phases: [
        { freeze: freeze.backbone(), epochs: 440 },
        { freeze: freeze.layersBelow(1), epochs: 30 },
        { freeze: freeze.none(), epochs: 30 },
      ],
    });
    expect(result.steps).toBe(500);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it("evaluates between epochs when asked to, and warms up", async () => {
    const { events } = await run({
      validation: reviews(),
      evaluateEverySteps: 2,
      epochs: 2,
      warmup: { steps: 3 },
      learningRate: 1e-3,
      headLearningRate: 2e-3,
    });
    const evaluated = events.flatMap((event) => (event.type === "evaluation" ? [event.step] : []));
    expect(evaluated).toEqual([2, 3, 4, 6]);
    const rates = events.flatMap((event) =>
      event.type === "step" ? [[event.learningRate, event.headLearningRate]] : [],
    );
    const factors = [0, 1 / 3, 2 / 3, 1, 2 / 3, 1 / 3];
    for (const [i, factor] of factors.entries()) {
      expect(rates[i]?.[0]).toBeCloseTo(factor * 1e-3, 9);
      expect(rates[i]?.[1]).toBeCloseTo(factor * 2e-3, 9);
    }
  });

  it("follows a schedule of policies within a phase", async () => {
    const { events } = await run({
      freeze: freeze.gradual(2, { epochsPerLayer: 1 }),
      epochs: 3,
      learningRate: 1e-3,
    });
    const starts = events.flatMap((event) =>
      event.type === "unfrozen" ? [[event.plan.policy, event.plan.start]] : [],
    );
    expect(starts).toEqual([
      ["layers-below:1", { afterLayer: 0 }],
      ["none", "text"],
    ]);
  });
});

describe("train refuses", () => {
  const failing = async (options: Partial<TrainOptions>): Promise<string> => {
    const failure = await train(await fresh(), { train: reviews(), ...options }).catch(
      (error: unknown) => error as Error,
    );
    expect(failure).toBeInstanceOf(EspalierError);
    return (failure as Error).message;
  };

  it("bad options, all at once", async () => {
    const message = await failing({
      epochs: 0,
      learningRate: -1,
      batchSize: 1.5,
      patience: 2,
      schedule: "liner" as "linear",
      taskWeights: { c: 1 },
      ...({ learningrate: 1 } as object),
    });
    expect(message.split("\n")).toEqual([
      'learningrate: there is no such option (did you mean "learningRate"?)',
      "batchSize: 1.5, expected a whole number from 1",
      "epochs: 0, expected a whole number from 1",
      "learningRate: -1, expected a number above 0",
      "patience: needs validation rows to be judged by",
      expect.stringMatching(/^schedule: "liner" is not one of .*did you mean "linear"/) as never,
      'taskWeights: there is no task "c" (did you mean "a"?); the tasks are a, b',
    ]);
  });

  it("a single phase's settings beside phases", async () => {
    expect(await failing({ epochs: 1, phases: [{ epochs: 1 }] })).toBe(
      "epochs: given beside phases; write it into each phase",
    );
  });

  it("a policy that leaves nothing to train", async () => {
    expect(await failing({ freeze: freeze.all() })).toBe(
      'phase "all": the policy "all" leaves nothing to train',
    );
  });

  it("a head that would train without a label", async () => {
    const rows = reviews();
    const renamed = {
      ...rows,
      labelColumns: ["a", "bb"],
      examples: rows.examples.map((example) => ({
        ...example,
        labels: { a: example.labels.a, bb: example.labels.b },
      })),
    };
    expect(await failing({ train: renamed })).toBe(
      'phase "none": the head of task "b" would train, but no training row has its label (did you mean "bb"?); the label columns are a, bb',
    );
    // With that head frozen there is nothing wrong with it.
    const result = await train(await fresh(), {
      train: renamed,
      freeze: freeze.onlyHead("a"),
      epochs: 1,
    });
    expect(result.steps).toBe(1);
  });

  it("an unknown label with its place", async () => {
    expect(await failing({ train: dataset([["A man", "4", "0"]], "reviews.csv") })).toMatch(
      /^reviews\.csv:2: label "4" of task "a" is not one of 0, 1, 2/,
    );
  });

  it("a warm-up longer than the phase", async () => {
    expect(await failing({ epochs: 2, warmup: { steps: 3 } })).toBe(
      'phase "none": a warm-up of 3 steps, but its 2 epochs have 2',
    );
  });
});
