import { createRng } from "@espalier/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type BatchOptions, batches } from "./batches.ts";

const lengthsTokens = Int32Array.from({ length: 1000 }, (_, i) => 3 + ((i * 7919) % 60));
const options = (seed = 1): BatchOptions => ({ count: 1000, lengthsTokens, rng: createRng(seed) });
const tokens = (batch: Int32Array) => batch.reduce((sum, i) => sum + lengthsTokens[i]!, 0);

it("has every index once, in every order, as a function of the rng", () => {
  fc.assert(
    fc.property(
      fc.nat(300),
      fc.integer({ min: 1, max: 40 }),
      fc.option(fc.integer({ min: 62, max: 500 }), { nil: undefined }),
      fc.constantFrom("shuffled", "similar-length", "sorted", "sequential"),
      (count, batchSize, tokenBudget, order) => {
        const make = () =>
          batches({
            count,
            batchSize,
            order: order as NonNullable<BatchOptions["order"]>,
            lengthsTokens: lengthsTokens.subarray(0, count),
            rng: createRng(count),
            ...(tokenBudget === undefined ? {} : { tokenBudget }),
          });
        const made = make();
        const all = made.flatMap((batch) => [...batch]);
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(made).toEqual(make());
        for (const batch of made) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(batchSize);
          if (tokenBudget !== undefined) expect(tokens(batch)).toBeLessThanOrEqual(tokenBudget);
        }
      },
    ),
  );
});

it("puts like lengths together, in another way each epoch", () => {
  const padded = (all: Int32Array[]) =>
    all.reduce(
      (sum, b) => sum + b.length * Math.max(...Array.from(b, (i) => lengthsTokens[i]!)),
      0,
    );
  const similar = batches({ ...options(), batchSize: 10, order: "similar-length" });
  const shuffled = batches({ ...options(), batchSize: 10 });
  const total = tokens(Int32Array.from({ length: 1000 }, (_, i) => i));
  expect(padded(similar) / total).toBeLessThan(1.15);
  expect(padded(shuffled) / total).toBeGreaterThan(1.5);
  expect(similar).not.toEqual(batches({ ...options(2), batchSize: 10, order: "similar-length" }));
  const means = similar.map((batch) => tokens(batch) / batch.length);
  // Within a stretch the batches get shorter; only shuffled does every other one get longer.
  expect(means.filter((mean, i) => mean > means[i - 1]!).length).toBeGreaterThan(30);
});

it("fills a token budget", () => {
  const made = batches({ ...options(), tokenBudget: 512 });
  expect(Math.max(...made.map(tokens))).toBeLessThanOrEqual(512);
  expect(made.length).toBeLessThan(1.1 * (lengthsTokens.reduce((a, b) => a + b, 0) / 512));
});

it("sorts the longest first and keeps a sequence", () => {
  const sorted = batches({ ...options(), batchSize: 300, order: "sorted" });
  expect(lengthsTokens[sorted[0]![0]!]).toBe(62);
  expect(sorted.map((batch) => batch.length)).toEqual([300, 300, 300, 100]);
  expect(batches({ count: 5, batchSize: 2, order: "sequential" })).toEqual(
    [[0, 1], [2, 3], [4]].map((batch) => Int32Array.from(batch)),
  );
});

it("drops the short batch only", () => {
  for (const order of ["shuffled", "similar-length"] as const) {
    const made = batches({ ...options(), batchSize: 300, order, dropLast: true });
    expect(made.map((batch) => batch.length)).toEqual([300, 300, 300]);
  }
  expect(batches({ ...options(), batchSize: 500, dropLast: true })).toHaveLength(2);
});

it.each<[Partial<BatchOptions>, string]>([
  [{}, "batches need batchSize or tokenBudget"],
  [{ batchSize: 0 }, "batchSize has to be a whole number from 1, not 0"],
  [{ batchSize: 2.5 }, "not 2.5"],
  [{ count: -1, batchSize: 1 }, "count has to be"],
  [{ count: 999, batchSize: 1 }, "lengthsTokens has 1000 entries for 999 examples"],
  [{ tokenBudget: 61 }, "has 62 tokens, more than the token budget 61"],
  [{ tokenBudget: 100, dropLast: true }, "dropLast needs batches of a fixed size"],
])("refuses %j", (change, message) => {
  expect(() => batches({ ...options(), ...change })).toThrow(message);
});

it("refuses what is missing for an order", () => {
  expect(() => batches({ count: 3, batchSize: 1 })).toThrow('the order "shuffled" needs an rng');
  expect(() => batches({ count: 3, batchSize: 1, order: "sorted" })).toThrow("needs lengthsTokens");
  expect(() => batches({ count: 3, tokenBudget: 9, order: "sequential" })).toThrow(
    '"tokenBudget" needs lengthsTokens',
  );
});
