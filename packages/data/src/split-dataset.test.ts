import fc from "fast-check";
import { expect, it } from "vitest";
import type { Dataset, Example, LabelValue } from "./dataset.ts";
import { splitDataset } from "./split-dataset.ts";

function dataset(rows: ReadonlyArray<readonly [string, Example["labels"]]>): Dataset {
  return {
    examples: rows.map(([text, labels], i) => ({
      text,
      labels,
      source: { file: "t", line: i + 1 },
    })),
    textColumns: ["text"],
    labelColumns: ["a", "b"],
  };
}

const grid = (count: number) =>
  dataset(
    Array.from({ length: count }, (_, i) => [
      `t${i}`,
      { a: `a${i % 3}`, b: i % 10 ? `b${i % 2}` : "rare" },
    ]),
  );
const tally = (
  examples: readonly Example[],
  key: (labels: Example["labels"]) => LabelValue | undefined,
) => {
  const counts: Record<string, number> = {};
  for (const { labels } of examples) counts[`${key(labels)}`] = (counts[`${key(labels)}`] ?? 0) + 1;
  return counts;
};
const lines = ({ examples }: Dataset) => examples.map(({ source }) => source.line);

it("is a partition in the original order that depends on the seed alone", () => {
  const data = grid(500);
  const { train, validation } = splitDataset(data, { seed: 1 });
  expect([...lines(train), ...lines(validation)].sort((a, b) => a - b)).toEqual(lines(data));
  expect(lines(train)).toEqual(lines(train).sort((a, b) => a - b));
  expect(validation.examples).toHaveLength(100);
  expect(lines(splitDataset(data, { seed: 1 }).validation)).toEqual(lines(validation));
  expect(lines(splitDataset(data, { seed: 2 }).validation)).not.toEqual(lines(validation));
});

it("keeps the proportions of joint labels, and of the first task", () => {
  const data = grid(610);
  const { validation } = splitDataset(data, { seed: 3, validation: 0.1 });
  for (const key of [
    (labels: Example["labels"]) => labels.a,
    (labels: Example["labels"]) => `${labels.a} ${labels.b}`,
  ]) {
    const taken = tally(validation.examples, key);
    for (const [name, count] of Object.entries(tally(data.examples, key))) {
      expect(Math.abs((taken[name] ?? 0) - 0.1 * count), name).toBeLessThanOrEqual(1);
    }
  }
});

it("keeps the first task's proportions over many rare combinations", () => {
  const rows = Array.from(
    { length: 120 },
    (_, i) => [`t${i}`, { a: `a${i % 2}`, b: `b${i >> 1}` }] as const,
  );
  for (let seed = 0; seed < 10; seed++) {
    const { validation } = splitDataset(
      dataset([...rows, ...rows.map(([t, l]) => [`${t}+`, l] as const)]),
      {
        seed,
        validation: 0.3,
      },
    );
    expect(tally(validation.examples, ({ a }) => a)).toEqual({ a0: 36, a1: 36 });
  }
});

it("keeps each class in training", () => {
  const data = dataset(
    Array.from({ length: 100 }, (_, i) => [
      `t${i}`,
      { a: i < 30 ? `only ${i}` : "x", b: `b${i % 25}` },
    ]),
  );
  const { train, validation } = splitDataset(data, { seed: 7 });
  expect(new Set(train.examples.map(({ labels }) => labels.a)).size).toBe(31);
  expect(new Set(train.examples.map(({ labels }) => labels.b)).size).toBe(25);
  expect(validation.examples.length).toBeGreaterThanOrEqual(13);
});

it("stratifies numbers by tenths", () => {
  const data = dataset(Array.from({ length: 200 }, (_, i) => [`t${i}`, { a: (i * 7) % 200 }]));
  const { validation } = splitDataset(data, { seed: 5, validation: 0.1, stratifyBy: ["a"] });
  const tenths = validation.examples.map(({ labels }) => Math.floor((labels.a as number) / 20));
  expect(tenths.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i >> 1));
});

it("never puts one text on both sides", () => {
  const row = fc.tuple(
    fc.constantFrom("p", "q", "r", "s", "t", "u", "v", "w"),
    fc.record({
      a: fc.constantFrom("x", "y"),
      b: fc.option(fc.constantFrom("m", "n"), { nil: undefined }),
    }),
  );
  fc.assert(
    fc.property(fc.array(row, { minLength: 30, maxLength: 60 }), fc.nat(), (rows, seed) => {
      const data = dataset(rows);
      if (new Set(rows.map(([text]) => text)).size < 6) return;
      const { train, validation } = splitDataset(data, { seed, validation: 0.4 });
      const held = new Set(validation.examples.map(({ text }) => text));
      expect(train.examples.filter(({ text }) => held.has(text))).toEqual([]);
      expect(train.examples.length + validation.examples.length).toBe(rows.length);
    }),
  );
});

it("a frequent text does not drag others along", () => {
  const data = dataset([
    ...Array.from({ length: 50 }, () => ["ok", { a: "x" }] as const),
    ...Array.from({ length: 50 }, (_, i) => [`t${i}`, { a: "y" }] as const),
  ]);
  for (let seed = 0; seed < 10; seed++) {
    const { validation } = splitDataset(data, { seed });
    const { y } = tally(validation.examples, ({ a }) => a);
    expect(y).toBeGreaterThanOrEqual(9);
    expect(y).toBeLessThanOrEqual(11);
  }
});

it("refuses bad shares, unknown tasks and too few rows", () => {
  for (const validation of [0, 1, -1, Number.NaN, 20]) {
    expect(() => splitDataset(grid(50), { seed: 1, validation })).toThrow(
      `validation has to be between 0 and 1, not ${validation}`,
    );
  }
  expect(() => splitDataset(grid(50), { seed: 1, stratifyBy: ["aa"] })).toThrow(
    /no task "aa".*"a"/,
  );
  expect(() => splitDataset(grid(2), { seed: 1, validation: 0.1 })).toThrow("too few");
  const same = dataset(Array.from({ length: 9 }, () => ["same", {}]));
  expect(() => splitDataset(same, { seed: 1 })).toThrow(
    "9 rows with 1 different texts are too few",
  );
});
