import { expect, it } from "vitest";
import { decayRows } from "./decay-rows.ts";

const FACTORS = Array.from({ length: 40 }, (_, k) => Math.fround(1 - 1e-6 * (k + 1)));

it.each([1, 5, 8, 19])("rounds after every factor, rows of %i", (width) => {
  const values = Float32Array.from({ length: 7 * width }, (_, i) => Math.sin(i + 1));
  const active = new Set([0, 3, 4]);
  const expected = values.slice();
  for (const factor of FACTORS)
    for (let i = 0; i < expected.length; i++)
      if (!active.has(Math.floor(i / width))) expected[i] = (expected[i] as number) * factor;
  const once = values[width] as number;
  decayRows(values, { width, isIdle: (row) => !active.has(row), factors: FACTORS });
  expect(values).toEqual(expected);
  // One product of all factors is not the same number.
  expect(values[width]).not.toBe(Math.fround(FACTORS.reduce((x, factor) => x * factor, once)));
});

it("changes nothing without factors", () => {
  const values = Float32Array.of(1, 2);
  decayRows(values, { width: 1, isIdle: () => true, factors: [] });
  expect(values).toEqual(Float32Array.of(1, 2));
});
