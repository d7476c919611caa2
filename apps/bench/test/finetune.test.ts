import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBackend } from "@espalier/backends";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { finetune } from "../src/suites/finetune.ts";
import { finetuneData, wordsOf } from "../src/workloads/finetune-data.ts";
import { lossBefore, ownFinetune, writeStart } from "../src/workloads/own-finetune.ts";
import { writeModel } from "../src/workloads/write-model.ts";
import { peerWith, suiteContext, tinyShape } from "./suite-context.ts";

let directory: string;
let trunk: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "bench-test-"));
  trunk = join(directory, "trunk");
  await writeModel(trunk, tinyShape, { words: wordsOf(await finetuneData(30)).slice(0, 300) });
  await startBackend("cpu");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it("trains a whole job from the saved start and leaves no tensor behind", async () => {
  const start = join(directory, "start");
  await writeStart(trunk, start);
  const data = await finetuneData(30);
  const tensors = tf.memory().numTensors;
  const loss = await lossBefore(start, data);
  expect(loss).toBeCloseTo(Math.log(3) + Math.log(2), 1);
  const job = { name: "", frozen: "nothing", epochs: 30, learningRate: 3e-2 } as const;
  const { signal } = new AbortController();
  const { scores, seconds } = await ownFinetune(start, {
    job,
    data: { train: data.train, heldOut: data.train },
    signal,
  });
  expect(seconds).toBeGreaterThan(0);
  expect(scores.domain).toBeGreaterThan(0.6); // by heart: a third is chance
  expect(tf.memory().numTensors).toBe(tensors);
});

it("times a Trainer that starts from the same loss and names one that does not", async () => {
  const data = await finetuneData(30);
  const start = join(directory, "same");
  await writeStart(trunk, start);
  const loss = await lossBefore(start, data);
  const context = { ...suiteContext(directory), modelDirectory: trunk, sentences: 30 };
  const scores = { domain: 0.5, sentiment: 0.75 };
  const agreeing = await finetune().run({ ...context, python: peerWith({ loss, scores }) });
  expect(agreeing.skipped).toEqual([]);
  expect(agreeing.measurements.map(({ work }) => work)).toEqual([
    "backbone frozen, 10 × 24 sentences",
    "embeddings frozen, 3 × 24 sentences",
    "nothing frozen, 3 × 24 sentences",
  ]);
  expect(agreeing.measurements[0]?.series.map(({ contender }) => contender)).toEqual([
    "espalier",
    "Trainer",
    "Trainer, by length",
  ]);
  expect(agreeing.measurements[0]?.series[1]?.scores).toEqual(scores);
  const other = await finetune().run({ ...context, python: peerWith({ loss: loss + 1, scores }) });
  expect(other.measurements[2]?.comparisons).toEqual([]);
  expect(other.skipped[0]?.reason).toMatch(/^computes something else: loss /);
});
