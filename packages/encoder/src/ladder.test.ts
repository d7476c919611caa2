import fc from "fast-check";
import { expect, it } from "vitest";
import { roundUp } from "./ladder.ts";

const sizes = fc.integer({ min: 1, max: 100_000 });
const rungs = fc.constantFrom(4, 8, 16);

it("rounds up by one rung at most", () => {
  fc.assert(
    fc.property(sizes, rungs, (size, perOctave) => {
      const rounded = roundUp(size, perOctave);
      expect(rounded).toBeGreaterThanOrEqual(size);
      expect(rounded - size).toBeLessThan(Math.max(8, size / perOctave));
      expect(roundUp(rounded, perOctave)).toBe(rounded);
    }),
  );
});

it("has few rungs", () => {
  const reached = new Set(Array.from({ length: 4096 }, (_, i) => roundUp(i + 1, 16)));
  expect(reached.size).toBe(16 + 5 * 16); // 8, 16 … 128, then 16 an octave
});
