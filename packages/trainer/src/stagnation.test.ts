import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { watchStagnation } from "./stagnation.ts";

describe("watchStagnation", () => {
  it("stagnates after `patience` observations without a better score", () => {
    const watch = watchStagnation({ patience: 2 });
    const seen = [0.5, 0.7, 0.7, 0.6].map((score) => watch.observe(score));
    expect(seen.map(({ improved }) => improved)).toEqual([true, true, false, false]);
    expect(seen.map(({ stagnated }) => stagnated)).toEqual([false, false, false, true]);
    expect(watch.best).toBe(0.7);
    expect(watch.sinceBest).toBe(2);
  });

  it("asks for a gain when there is a minimum", () => {
    const watch = watchStagnation({ patience: 1, minimumGain: 0.1 });
    watch.observe(0.5);
    expect(watch.observe(0.59)).toEqual({ improved: false, stagnated: true });
    expect(watch.observe(0.61)).toEqual({ improved: true, stagnated: false });
  });

  it("keeps the highest score and never stagnates without patience", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1, max: 1 }), { minLength: 1 }),
        (scores) => {
          const watch = watchStagnation();
          for (const score of scores) expect(watch.observe(score).stagnated).toBe(false);
          expect(watch.best).toBe(Math.max(...scores));
        },
      ),
    );
  });
});
