import { expect, it } from "vitest";
import { covers, fixedDimensions, widened } from "./dimension-pattern.ts";

const shapes = (...values: number[]) => Int32Array.from(values);

it("covers only the very shape it was made for", () => {
  const pattern = fixedDimensions(shapes(16, 64, 768));
  expect(covers(pattern, shapes(16, 64, 768))).toBe(true);
  expect(covers(pattern, shapes(16, 65, 768))).toBe(false);
  expect(covers(pattern, shapes(16, 64))).toBe(false);
});

it("frees the dimensions that differ, and ties those that changed alike", () => {
  const pattern = widened(fixedDimensions(shapes(16, 64, 16, 768)), shapes(24, 64, 24, 768));
  expect(covers(pattern, shapes(16, 64, 16, 768))).toBe(true);
  expect(covers(pattern, shapes(31, 64, 31, 768))).toBe(true);
  expect(covers(pattern, shapes(31, 64, 30, 768))).toBe(false);
  expect(covers(pattern, shapes(31, 63, 31, 768))).toBe(false);
});

it("unties what was equal by accident", () => {
  const once = widened(fixedDimensions(shapes(8, 8, 5)), shapes(9, 9, 5));
  const twice = widened(once, shapes(10, 11, 5));
  expect(covers(twice, shapes(3, 4, 5))).toBe(true);
  for (const met of [shapes(8, 8, 5), shapes(9, 9, 5), shapes(10, 11, 5)]) {
    expect(covers(twice, met)).toBe(true);
  }
});
