import { expect, it } from "vitest";
import { lackOfMemory } from "./lack-of-memory.ts";
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

it("leaves out what does not fit into the free memory, and says so", () => {
  const [finetune] = suitesNamed("finetune");
  const suite = finetune as (typeof SUITES)[number];
  expect(lackOfMemory(suite, { quick: true, available: 2e9 })).toBe(undefined);
  expect(lackOfMemory(suite, { quick: false, available: 2e9 })).toBe(
    "too little memory: 2.0 GB are free, 5.0 GB are needed",
  );
});
