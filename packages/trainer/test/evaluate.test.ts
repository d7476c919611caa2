import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestBackend } from "@espalier/backends/testing";
import { freeze } from "@espalier/freeze-policy";
import { classificationReport } from "@espalier/metrics";
import { evaluate, frozenFeatureBaseline, train } from "@espalier/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataset, reviews } from "./reviews.ts";
import { type TinyModel, tinyModel } from "./tiny-model.ts";

let model: TinyModel;

beforeAll(async () => {
  await startTestBackend();
  model = await tinyModel("tiny-bert", { dropout: 0.5 });
});
afterAll(() => model.dispose());

describe("evaluate", () => {
  it("agrees with predictions one by one", async () => {
    const rows = reviews();
    const tensors = tf.memory().numTensors;
    const report = await evaluate(model, rows, { batchSize: 5 });
    expect(tf.memory().numTensors).toBe(tensors);
    let loss = 0;
    for (const [task, count] of [
      ["a", 3],
      ["b", 2],
    ] as const) {
      const truth = rows.examples.map(({ labels }) => Number(labels[task]));
      const predicted: number[] = [];
      let taskLoss = 0;
      for (const [i, { text }] of rows.examples.entries()) {
        const prediction = (await model.predict(text as string))[task];
        predicted.push(Number(prediction.label));
        const scores = prediction.scores as Record<string, number>;
        taskLoss -= Math.log(scores[String(truth[i])] as number) / truth.length;
      }
      const expected = classificationReport(
        Int32Array.from(truth),
        Int32Array.from(predicted),
        count,
      );
      expect(report.tasks[task]?.metrics.accuracy).toBeCloseTo(expected.accuracy, 9);
      expect(report.tasks[task]?.metrics.macroF1).toBeCloseTo(expected.macro.f1, 9);
      expect(report.tasks[task]?.loss).toBeCloseTo(taskLoss, 4);
      loss += taskLoss;
    }
    expect(report.loss).toBeCloseTo(loss, 4);
    const [a, b] = [report.tasks.a, report.tasks.b];
    expect(report.mean.macroF1).toBeCloseTo(
      ((a?.metrics.macroF1 as number) + (b?.metrics.macroF1 as number)) / 2,
      9,
    );
  });

  it("leaves out tasks and rows without labels", async () => {
    const partial = dataset([
      ["A man"],
      ["The dog ran", undefined, "1"],
      ["The cat", undefined, "0"],
    ]);
    const report = await evaluate(model, partial);
    expect(report.rows).toBe(2);
    expect(Object.keys(report.tasks)).toEqual(["b"]);
    expect(report.tasks.b?.labelled).toBe(2);
    await expect(evaluate(model, dataset([["A man"]]))).rejects.toThrow(
      "the dataset: no row has a label of a, b; the label columns are a, b",
    );
  });

  it("works from vectors that are known, one an example", async () => {
    const partial = dataset([["A man"], ["The dog ran", "0", "1"], ["A man", "1", "0"]]);
    const vectors = await model.encoder.encode(partial.examples.map(({ text }) => text));
    const [plain, given] = [
      await evaluate(model, partial),
      await evaluate(model, partial, { vectors }),
    ];
    expect(given.loss).toBeCloseTo(plain.loss, 5);
    await expect(evaluate(model, partial, { vectors: { ...vectors, rows: 2 } })).rejects.toThrow(
      "2 vectors for a dataset of 3 rows, expected one each",
    );
  });

  it("stops when cancelled", async () => {
    await expect(evaluate(model, reviews(), { signal: AbortSignal.abort() })).rejects.toMatchObject(
      { code: "ABORTED" },
    );
  });
});

describe("frozenFeatureBaseline", () => {
  it("scores the majority and a logistic regression on the vectors", async () => {
    const rows = reviews();
    const skewed = { ...rows, examples: rows.examples.slice(0, 9) };
    const baselines = await frozenFeatureBaseline(
      model,
      { train: rows, validation: skewed },
      { C: 1000 },
    );
    expect(baselines.b?.constant.accuracy).toBeCloseTo(5 / 9);
    expect(baselines.a?.constant.accuracy).toBeCloseTo(4 / 9);
    expect(baselines.a?.linear.accuracy).toBe(1);
  });
});

describe("train with baselines", () => {
  it("runs the frozen trunk once for the baselines and all phases that need it", async () => {
    const rows = reviews();
    const data = { train: rows, validation: rows };
    const expected = await frozenFeatureBaseline(model, data, { C: 10 });
    const result = await train(model, {
      ...data,
      baselines: { C: 10 },
      phases: [
        { freeze: freeze.onlyHead("a"), epochs: 2 },
        { freeze: freeze.backbone(), epochs: 2 },
      ],
    });
    expect(result.baselines).toEqual(expected);
    expect(result.phases.map(({ work }) => work.tokens)).toEqual([0, 0]);
    expect(result.phases.every(({ cacheBytes }) => cacheBytes === 12 * 36 * 4)).toBe(true);
    const tokens = rows.examples.map(({ text }) => model.encoder.tokenize(text).ids.length);
    expect(result.work.tokens).toBe(tokens.reduce((a, b) => a + b, 0));
  });
});

describe("files", () => {
  it("trains from a file, split by the seed", async () => {
    const directory = await mkdtemp(join(tmpdir(), "espalier-trainer-"));
    try {
      const file = join(directory, "reviews.csv");
      const lines = reviews().examples.map(
        ({ text, labels }) => `${text},${labels.a},${labels.b},x`,
      );
      await writeFile(file, ["text,a,b,note", ...lines].join("\n"));
      const result = await train(model, { train: file, validation: 0.5, epochs: 1, seed: 3 });
      expect(result.steps).toBe(1);
      expect(result.best?.report.rows).toBe(6);
      await writeFile(file, ["text,aa,bb", "A man,0,1"].join("\n"));
      await expect(train(model, { train: file })).rejects.toThrow(
        "no column is named as a task; the columns are text, aa, bb, the tasks a, b",
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
