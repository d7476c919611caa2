import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, it } from "vitest";
import { peakMemoryBytes } from "./peak-memory.ts";

const MEGABYTE = 2 ** 20;

it("grows with what the process uses", () => {
  const before = peakMemoryBytes();
  expect(before).toBeGreaterThan(10 * MEGABYTE);
  const held = Buffer.alloc(300 * MEGABYTE, 1);
  expect(peakMemoryBytes() - before).toBeGreaterThan(100 * MEGABYTE);
  expect(held[5]).toBe(1);
});

it("does not count the program that started this one", () => {
  const held = Buffer.alloc(400 * MEGABYTE, 1);
  // Translated here: tests run without a build.
  const source = readFileSync(new URL("peak-memory.ts", import.meta.url), "utf8");
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const code = `${outputText}\nconsole.log(peakMemoryBytes());`;
  const answer = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
    encoding: "utf8",
  });
  expect(Number(answer)).toBeLessThan(200 * MEGABYTE);
  expect(held[5]).toBe(1);
});
