import { expect, it } from "vitest";
import { expectMemory } from "./expect-memory.ts";
import type { Suite } from "./suite.ts";
import { DEFAULT_SUITES, SUITES, suitesNamed } from "./suites.ts";

it("finds suites by name, each once and in the table's order", () => {
  expect(suitesNamed("train-step, encode,encode").map(({ name }) => name)).toEqual([
    "encode",
    "train-step",
  ]);
  expect(suitesNamed(DEFAULT_SUITES).length).toBeGreaterThan(0);
});

it("has names that differ", () => {
  expect(new Set(SUITES.map(({ name }) => name)).size).toBe(SUITES.length);
});

it("offers the nearest name", () => {
  expect(() => suitesNamed("encode,trian-step")).toThrow(
    /--suite trian-step: expected one of encode, train-step.*\(did you mean "train-step"\?\)/,
  );
});

it("refuses what does not fit into the free memory, with both sizes", () => {
  const [suite] = suitesNamed("finetune") as [Suite];
  expectMemory(suite, { quick: true, available: 2e9 });
  expect(() => expectMemory(suite, { quick: false, available: 2e9 })).toThrow(
    "too little memory: 2.0 GB are free, 5.0 GB are needed",
  );
});
