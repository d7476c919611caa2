import fc from "fast-check";
import { expect, it } from "vitest";
import { median, medianInterval, pairedRatio, relativeSpread } from "./statistics.ts";

it("takes the middle value, or the mean of the two", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

it("gives an interval that holds the median and stays within the values", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 100, noNaN: true }), { minLength: 3, maxLength: 9 }),
      (values) => {
        const { low, high } = medianInterval(values);
        expect(low).toBeLessThanOrEqual(median(values));
        expect(high).toBeGreaterThanOrEqual(median(values));
        expect(low).toBeGreaterThanOrEqual(Math.min(...values));
        expect(high).toBeLessThanOrEqual(Math.max(...values));
      },
    ),
    { numRuns: 25 },
  );
});

it("pairs rounds: a drift that both share does not blur their ratio", () => {
  const own = [1, 2, 3, 4, 5, 6, 7];
  const ratio = pairedRatio(
    own,
    own.map((value) => value * 1.5),
  );
  expect(ratio).toEqual({ median: 1.5, low: 1.5, high: 1.5, clear: true });
});

it("claims no difference where the spread is wider than the effect", () => {
  const own = [1, 1.1, 0.9, 1, 1.2, 0.8, 1];
  const other = [1.1, 0.9, 1, 1.05, 0.9, 1.1, 0.95];
  const ratio = pairedRatio(own, other);
  expect(ratio.low).toBeLessThan(1);
  expect(ratio.high).toBeGreaterThan(1);
  expect(ratio.clear).toBe(false);
});

it("refuses rounds that are not pairs", () => {
  expect(() => pairedRatio([1, 2], [1])).toThrow("2 rounds paired with 1");
});

it("measures the spread by the quartiles, so that one stray round does not count", () => {
  expect(relativeSpread([1, 1, 1, 1, 9])).toBe(0);
  expect(relativeSpread([8, 9, 10, 11, 12])).toBeCloseTo(0.1);
});
