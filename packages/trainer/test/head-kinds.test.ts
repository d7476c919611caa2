import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestBackend, testBackends } from "@espalier/backends/testing";
import type { Dataset, LabelValue } from "@espalier/data";
import { SentenceTransformer } from "@espalier/encoder";
import { freeze } from "@espalier/freeze-policy";
import { type AnyHead, classification, multiLabel, ordinal, regression } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import { evaluate, frozenFeatureBaseline, train } from "@espalier/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, beforeEach, expect, expectTypeOf, it } from "vitest";
import { FIXTURES } from "./tiny-model.ts";

const HEADS = {
  kind: classification(["statement", "question"], { dropout: 0 }),
  about: multiLabel(["man", "cooking", "animal"], { dropout: 0 }),
  length: regression({ dropout: 0, center: 20, scale: 5 }),
  size: ordinal(["short", "middle", "long"], { dropout: 0 }),
};

let model: MultiTaskModel<typeof HEADS>;

beforeAll(() => startTestBackend(testBackends().at(-1))); // the fastest: the one that records
beforeEach(async () => {
  model?.dispose();
  const directory = join(FIXTURES, "tiny-distilbert", "encoder");
  model = new MultiTaskModel(await SentenceTransformer.load(directory, { pooling: "cls" }), HEADS, {
    seed: 1,
  });
});
afterAll(() => model.dispose());

const TEXTS: readonly (readonly [string, readonly string[]])[] = [
  ["A man is cooking", ["man", "cooking"]],
  ["A woman is cooking fish", ["cooking", "animal"]],
  ["The dog ran in the snow", ["animal"]],
  ["The cat sat in the snow", ["animal"]],
  ["How do you know", []],
  ["What do you know", []],
  ["A man sat down", ["man"]],
  ["Where is the man", ["man"]],
];

/** Every text has the labels of some tasks only. */
function rows(labelled: (row: number, task: string) => boolean = () => true): Dataset {
  const labelColumns = Object.keys(HEADS);
  const examples = TEXTS.map(([text, about], row) => {
    const labels: Record<string, LabelValue> = {
      kind: /^(How|What|Where)/.test(text) ? "question" : "statement",
      about,
      length: text.length,
      size: text.length < 16 ? "short" : text.length < 20 ? "middle" : "long",
    };
    const given = Object.entries(labels).filter(([task]) => labelled(row, task));
    return { text, labels: Object.fromEntries(given), source: { file: "rows.csv", line: row + 2 } };
  });
  return { examples, textColumns: ["text"], labelColumns };
}

it("trains heads of every kind together, from rows with the labels of some of them", async () => {
  const data = rows((row, task) => (row + Object.keys(HEADS).indexOf(task)) % 3 !== 0);
  const tensors = tf.memory().numTensors;
  const before = await evaluate(model, data);
  const steps: Record<string, number>[] = [];
  const result = await train(model, {
    train: data,
    validation: data,
    epochs: 40,
    batchSize: 3,
    learningRate: 2e-3,
    schedule: "constant",
    warmup: 0,
    seed: 2,
    onEvent: (event) => {
      if (event.type === "step") steps.push(event.losses);
    },
  });
  const after = await evaluate(model, data);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(steps).toHaveLength(120);
  expect(after.loss).toBeLessThan(before.loss / 6);
  expect(after.tasks.kind?.metrics.accuracy).toBe(1);
  expect(after.tasks.about?.metrics.subsetAccuracy).toBe(1);
  expect(after.tasks.length?.metrics.r2).toBeGreaterThan(0.9);
  expect(after.tasks.size?.metrics.accuracy).toBe(1);
  // The mean of what each kind is judged by; with equal weights of the tasks.
  expect(result.best?.score).toBeCloseTo(
    ((after.tasks.kind?.metrics.macroF1 as number) +
      (after.tasks.about?.metrics.macroF1 as number) +
      (after.tasks.length?.metrics.r2 as number) +
      (after.tasks.size?.metrics.quadraticKappa as number)) /
      4,
    6,
  );
});

it("measures what predictions say", async () => {
  const data = rows();
  const { tasks } = await evaluate(model, data, { batchSize: 3 });
  const predictions = await model.predict(data.examples.map(({ text }) => text));
  expectTypeOf(predictions[0]!.length.value).toBeNumber();
  expectTypeOf(predictions[0]!.about.labels).toEqualTypeOf<
    readonly ("man" | "cooking" | "animal")[]
  >();
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const errors = data.examples.map(
    ({ labels }, row) => predictions[row]!.length.value - (labels.length as number),
  );
  expect(tasks.length?.metrics.mae).toBeCloseTo(mean(errors.map(Math.abs)), 4);
  expect(tasks.length?.loss).toBeCloseTo(mean(errors.map((error) => (error / 5) ** 2)), 4);
  const right = data.examples.map(({ labels }, row) =>
    Number(
      `${[...predictions[row]!.about.labels].sort()}` === `${[...(labels.about as [])].sort()}`,
    ),
  );
  expect(tasks.about?.metrics.subsetAccuracy).toBeCloseTo(mean(right), 9);
  const entropies = data.examples.flatMap(({ labels }, row) =>
    Object.entries(predictions[row]!.about.scores).map(
      ([label, score]) => -Math.log((labels.about as string[]).includes(label) ? score : 1 - score),
    ),
  );
  expect(tasks.about?.loss).toBeCloseTo(mean(entropies), 4);
});

it("leaves a head alone whose task no row of a batch is labelled for", async () => {
  const name = "heads.length.weight";
  const values = () =>
    model
      .parameters()
      .filter(({ path }) => path.name === name)
      .flatMap(({ variable }) => Array.from(variable.dataSync()));
  const before = values();
  await train(model, {
    train: rows((_, task) => task === "kind"),
    freeze: freeze.onlyHead("kind"),
    epochs: 2,
  });
  expect(values()).toEqual(before);
  await expect(train(model, { train: rows((_, task) => task === "kind") })).rejects.toThrow(
    'the head of task "about" would train, but no training row has its label',
  );
});

it("keeps the weights with the lowest error where that is what counts", async () => {
  const data = rows();
  const scores: number[] = [];
  const result = await train(model, {
    train: data,
    validation: data,
    epochs: 4,
    bestBy: { metric: "mae", tasks: ["length"] },
    onEvent: (event) => {
      if (event.type === "evaluation")
        scores.push(event.report.tasks.length?.metrics.mae as number);
    },
  });
  expect(result.best?.report.tasks.length?.metrics.mae).toBe(Math.min(...scores));
  await expect(
    train(model, { train: data, validation: data, bestBy: { metric: "mae" } }),
  ).rejects.toThrow('bestBy: task "kind" has no measure "mae"; it has accuracy, macroF1');
  await expect(
    train(model, { train: data, validation: data, bestBy: "macroF1" as never }),
  ).rejects.toThrow('bestBy: "macroF1" is not one of main-metrics, loss');
});

it("compares every kind with a constant answer and a linear model of the vectors", async () => {
  const data = rows();
  const baselines = await frozenFeatureBaseline(
    model,
    { train: data, validation: data },
    { C: 1e4 },
  );
  expect(baselines.kind?.constant.accuracy).toBeCloseTo(5 / 8);
  expect(baselines.about?.constant.macroF1).toBe(0); // no label has most of the texts
  expect(baselines.length?.constant.r2).toBeCloseTo(0, 6);
  expect(baselines.kind?.linear.accuracy).toBe(1);
  expect(baselines.about?.linear.subsetAccuracy).toBe(1);
  expect(baselines.length?.linear.r2).toBeGreaterThan(0.99);
  expect(baselines.size?.constant.accuracy).toBeGreaterThan(0.3);
  expect(baselines.size?.linear).toEqual({ quadraticKappa: 1, accuracy: 1, mae: 0 });
});

it("reads the columns of a file as the heads say", async () => {
  const directory = await mkdtemp(join(tmpdir(), "espalier-kinds-"));
  try {
    const file = join(directory, "rows.csv");
    const lines = rows().examples.map(({ text, labels: { kind, about, length, size } }) =>
      [text, kind, (about as string[]).join("|"), length, size].join(","),
    );
    await writeFile(file, ["text,kind,about,length,size", ...lines].join("\n"));
    const result = await train(model, { train: file, epochs: 1 });
    expect(result.steps).toBe(1);
    await writeFile(file, ["text,kind,about,length", "Hello,question,man|fish,3"].join("\n"));
    await expect(train(model, { train: file })).rejects.toThrow(
      `${file}:2: label "fish" of task "about" is not one of man, cooking, animal`,
    );
    await writeFile(file, ["text,kind,about,length", "Hello,question,man,long"].join("\n"));
    await expect(train(model, { train: file })).rejects.toThrow(
      `${file}:2: value "long" of task "length" is not a finite number`,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});

it("saves and opens heads of every kind", async () => {
  const directory = await mkdtemp(join(tmpdir(), "espalier-kinds-"));
  try {
    await model.save(join(directory, "model"));
    const texts = TEXTS.map(([text]) => text);
    const expected = await model.predict(texts);
    const opened = await MultiTaskModel.load(join(directory, "model"), { tasks: HEADS });
    expect(await opened.predict(texts)).toEqual(expected);
    expect(opened.tasks.length.config).toEqual(HEADS.length.config);
    opened.dispose();
    const other: Record<string, AnyHead> = { ...HEADS, length: multiLabel(["long"]) };
    await expect(MultiTaskModel.load(join(directory, "model"), { tasks: other })).rejects.toThrow(
      'task "length" is ["regression"], expected ["multi-label",["long"]]',
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});
