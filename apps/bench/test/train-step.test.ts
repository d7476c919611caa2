import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBackend } from "@espalier/backends";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stepSuite } from "../src/suites/step-suite.ts";
import { labelledBatch } from "../src/workloads/labelled-batch.ts";
import { createModelStore } from "../src/workloads/model-store.ts";
import { createOwnStep } from "../src/workloads/own-step.ts";
import { writeModel } from "../src/workloads/write-model.ts";
import { peerWith, suiteContext, tinyShape as tiny } from "./suite-context.ts";

const suite = stepSuite({
  name: "train-step",
  summary: "",
  subjects: () => [{ shape: tiny, parts: ["forward", "backward", "full"] }],
});

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "bench-test-"));
  await startBackend("cpu");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it.each(["distilbert", "bert"] as const)("trains a random %s", async (architecture) => {
  const shape = { ...tiny, name: architecture, architecture };
  const folder = join(directory, architecture);
  await writeModel(folder, shape);
  const tensors = tf.memory().numTensors;
  const step = await createOwnStep(folder, labelledBatch(shape, 1));
  const before = await step.check("backward");
  expect(before.loss).toBeCloseTo(Math.log(3) + Math.log(2), 1);
  expect(before.gradientNorm).toBeGreaterThan(0);
  expect(await step.run("forward")).toBeCloseTo(before.loss, 6);
  expect(await step.run("backward")).toBeCloseTo(before.loss, 6);
  for (let i = 0; i < 20; i++) await step.run("full");
  expect(await step.run("forward")).toBeLessThan(before.loss);
  step.dispose();
  expect(tf.memory().numTensors).toBe(tensors);
});

it("times the three parts, with a share of the limit, and does without a peer", async () => {
  const { measurements, skipped } = await suite.run(suiteContext(directory));
  expect(measurements.map(({ work }) => work)).toEqual([
    "tiny 3×5 forward",
    "tiny 3×5 forward + backward",
    "tiny 3×5 full step",
  ]);
  for (const { series } of measurements) {
    expect(series.map(({ contender }) => contender)).toEqual(["espalier"]);
    expect(series[0]?.values).toHaveLength(3);
    expect(series[0]?.shareOfLimit).toBeGreaterThan(0);
  }
  expect(measurements[1]?.limit?.flops).toBe(3 * (measurements[0]?.limit?.flops ?? 0));
  expect(skipped).toEqual([
    { contender: "PyTorch", work: "tiny 3×5", reason: "no such program", failed: false },
  ]);
});

it("times a peer that agrees and names one that does not", async () => {
  const folder = await createModelStore(join(directory, "models")).directoryOf(tiny);
  const step = await createOwnStep(folder, labelledBatch(tiny, 1));
  const { loss, gradientNorm = 0 } = await step.check("backward");
  step.dispose();
  const agreeing = await suite.run({
    ...suiteContext(directory),
    python: peerWith({ loss, gradientNorm }),
  });
  expect(agreeing.skipped).toEqual([]);
  expect(agreeing.measurements[2]?.comparisons).toMatchObject([
    { contender: "PyTorch", clear: true },
  ]);
  const both = await suite.run({
    ...suiteContext(directory),
    compile: true,
    python: peerWith({ loss, gradientNorm }),
  });
  expect(both.measurements[2]?.comparisons.map(({ contender }) => contender)).toEqual([
    "PyTorch",
    "PyTorch compiled",
  ]);
  const other = peerWith({ loss: loss * 1.01, gradientNorm });
  const differing = await suite.run({ ...suiteContext(directory), python: other });
  expect(differing.measurements[0]?.comparisons).toEqual([]);
  expect(differing.skipped[0]).toMatchObject({
    reason: expect.stringMatching(/^computes something else: loss /),
    failed: true,
  });
});
