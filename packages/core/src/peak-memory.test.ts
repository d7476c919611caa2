import { execFileSync } from "node:child_process";
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
  const code = 'import { peakMemoryBytes } from "@espalier/core"; console.log(peakMemoryBytes());';
  const answer = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd: new URL("..", import.meta.url),
    encoding: "utf8",
  });
  expect(Number(answer)).toBeLessThan(200 * MEGABYTE);
  expect(held[5]).toBe(1);
});
