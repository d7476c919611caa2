import { EspalierError } from "@espalier/core";
import { createOutput } from "@espalier/terminal";
import { expect, it } from "vitest";
import { suiteContext } from "../test/suite-context.ts";
import { expectNoFailures, runSuites } from "./run-suites.ts";
import type { Suite } from "./suites/suite.ts";
import { timeWork } from "./suites/time-work.ts";

const output = createOutput({
  stdout: process.stdout,
  stderr: Object.assign(Object.create(process.stderr), { write: () => true }),
  environment: {},
  clock: () => 0,
});

function suite(name: string, run: Suite["run"], needed = 0): Suite {
  return { name, summary: "", needsBytes: { full: needed, quick: needed }, run };
}

const nothing = async () => ({ measurements: [], skipped: [] });

it("names a suite that fails or lacks memory, and goes on with the rest", async () => {
  const broken = suite("broken", () => Promise.reject(new Error("no such kernel")));
  const large = suite("large", nothing, 1e18);
  const results = await runSuites(
    [broken, large, suite("fine", nothing)],
    suiteContext(""),
    output,
  );
  expect(results).toMatchObject([
    { suite: "broken", skipped: [{ contender: "espalier", reason: "no such kernel" }] },
    { suite: "large", skipped: [{ reason: expect.stringMatching(/^too little memory: /) }] },
    { suite: "fine", skipped: [] },
  ]);
  expect(() => expectNoFailures(results)).toThrow(
    /^broken: espalier, broken: no such kernel\nlarge: espalier, large: too little memory: .* needed$/,
  );
});

it("times the others when a peer breaks, and tells that from one that is not there", async () => {
  const missing = new EspalierError("BACKEND_UNAVAILABLE", "no such program");
  const timed = suite("timed", (context) =>
    timeWork(
      {
        work: "work",
        quantity: "seconds",
        contenders: [
          { name: "espalier", round: async () => 1 },
          { name: "broken", round: () => Promise.reject(new Error("out of memory")) },
          { name: "missing", round: () => Promise.reject(missing) },
          { name: "fine", round: async () => 2 },
        ],
      },
      context,
    ));
  const results = await runSuites([timed], suiteContext(""), output);
  expect(results[0]?.measurements[0]?.series.map(({ contender }) => contender)).toEqual([
    "espalier",
    "fine",
  ]);
  expect(results[0]?.skipped).toEqual([
    { contender: "broken", work: "work", reason: "out of memory", failed: true },
    { contender: "missing", work: "work", reason: "no such program", failed: false },
  ]);
  expect(() => expectNoFailures(results)).toThrow(/^timed: broken, work: out of memory$/);
});

it("stops when the run is stopped", async () => {
  const controller = new AbortController();
  const stopping = suite("stopping", async () => {
    controller.abort();
    throw new Error("killed");
  });
  const context = { ...suiteContext(""), signal: controller.signal };
  await expect(runSuites([stopping], context, output)).rejects.toMatchObject({ code: "ABORTED" });
});
