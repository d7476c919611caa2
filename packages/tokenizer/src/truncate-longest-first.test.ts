import fc from "fast-check";
import { expect, it } from "vitest";
import { truncateLongestFirst } from "./truncate-longest-first.ts";

it.each([
  [[3, 4], 7, [3, 4]],
  [[3, 9], 7, [3, 4]],
  [[9, 3], 7, [4, 3]],
  [[9, 8], 7, [4, 3]],
  [[8, 9], 7, [3, 4]],
  [[9, 9], 7, [3, 4]],
  [[0, 9], 7, [0, 7]],
  [[9, 9], 0, [0, 0]],
  [[2, 2], 1, [0, 1]],
] as const)("cuts %j to %i tokens: %j", (lengths, room, kept) => {
  expect(truncateLongestFirst(lengths, room)).toEqual(kept);
});

it("fills the room and cuts no text below its half while the other has more", () => {
  const length = fc.nat({ max: 40 });
  fc.assert(
    fc.property(length, length, length, (a, b, room) => {
      const [keptA, keptB] = truncateLongestFirst([a, b], room);
      expect(keptA + keptB).toBe(Math.min(room, a + b));
      expect(keptA).toBeLessThanOrEqual(a);
      expect(keptB).toBeLessThanOrEqual(b);
      if (keptA < a) expect(keptA).toBeGreaterThanOrEqual(Math.floor(room / 2));
      if (keptB < b) expect(keptB).toBeGreaterThanOrEqual(Math.floor(room / 2));
    }),
  );
});
