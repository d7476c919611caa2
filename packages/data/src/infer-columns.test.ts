import { expect, it } from "vitest";
import { inferColumns } from "./infer-columns.ts";
import type { Table } from "./table.ts";

function table(columns: Record<string, readonly unknown[]>): Table {
  const names = Object.keys(columns);
  const count = Math.max(...Object.values(columns).map((column) => column.length));
  return {
    columns: names,
    file: "t.csv",
    rows: Array.from({ length: count }, (_, i) => ({
      values: Object.fromEntries(names.map((name) => [name, columns[name]?.[i]])),
      line: i + 2,
    })),
  };
}

const repeat = (values: readonly unknown[], count = 40) =>
  Array.from({ length: count }, (_, i) => values[i % values.length]);
const texts = (words: number, count = 40) =>
  Array.from({ length: count }, (_, i) => `${"so very ".repeat(words / 2)}good ${i}`);
const count = (of: (i: number) => unknown) => Array.from({ length: 40 }, (_, i) => of(i));

/** The kind or "ignored" for a label column of these values. */
function verdict(values: readonly unknown[], name = "x") {
  const plan = inferColumns(table({ text: texts(8), other: repeat(["a", "b"]), [name]: values }));
  const label = plan.labels.find(({ column }) => column === name);
  if (label === undefined) return plan.ignored.find(({ column }) => column === name)?.reason;
  return label.kind === "regression" ? label.kind : [label.kind, ...label.classes];
}

it("tells words, integers, numbers and several labels apart", () => {
  expect(verdict(repeat(["pos", " neg", "neutral", "", null]))).toEqual([
    "classification",
    "neg",
    "neutral",
    "pos",
  ]);
  expect(verdict(repeat([10, 9, 2]))).toEqual(["classification", "2", "9", "10"]);
  expect(verdict(repeat(["1.0", "0", "1"]))).toEqual(["classification", "0", "1"]);
  expect(verdict(repeat([true, false]))).toEqual(["classification", "false", "true"]);
  expect(verdict(repeat([0, 1, -100]))).toEqual(["classification", "0", "1"]);
  expect(verdict(repeat(["a|b", "b", "c|a", ""]))).toEqual(["multi-label", "a", "b", "c"]);
  expect(verdict(repeat([["a"], [], ["b", "a"]]))).toEqual(["multi-label", "a", "b"]);
  expect(verdict(count((i) => `${i / 8}`))).toBe("regression");
  expect(verdict(count((i) => (i * 37) % 101))).toBe("regression");
  expect(verdict(count((i) => (i * 7) % 8))).toHaveLength(9);
});

it("takes integers without a gap for classes however many they are, if they repeat", () => {
  const many = Array.from({ length: 400 }, (_, i) => i % 50);
  const plan = inferColumns(table({ text: texts(8, 400), intent: many }));
  expect(plan.labels[0]).toMatchObject({
    kind: "classification",
    classes: many.slice(0, 50).map(String),
  });
  const gap = many.map((value) => (value === 7 ? 1000 : value));
  expect(inferColumns(table({ text: texts(8, 400), intent: gap })).labels[0]?.kind).toBe(
    "regression",
  );
});

it("ignores what is no label and says why", () => {
  expect(verdict(repeat(["same"]))).toBe('the same value in every row, "same"');
  expect(verdict(repeat([null]))).toBe("no values");
  expect(verdict(count((i) => `2,${i}`))).toMatch(/^ids, names or the like: 100 %/);
  expect(verdict(count((i) => i * 3))).toBe("numbers the rows");
  expect(
    verdict(
      count((i) => (i * 7) % 41),
      "reviewId",
    ),
  ).toMatch(/^an id/);
  expect(verdict(count((i) => `a note ${i}`))).toMatch(/^free text/);
  expect(verdict(repeat(["train", "test"]))).toBe("names the split");
  expect(verdict(count((i) => `2024-01-${10 + Math.floor(i / 2)} 10:00`))).toBe("dates");
  expect(verdict(repeat([{ a: 1 }]))).toBe("nested objects");
  expect(verdict(count((i) => Array.from({ length: 64 }, (_, j) => i + j / 64)))).toMatch(
    /too many/,
  );
  expect(verdict(repeat([["a"], "a"]))).toMatch(/^lists in some rows/);
});

it("takes a few odd values among numbers for mistakes", () => {
  const scores = count((i) => (i === 5 ? "high" : `${i / 7}`));
  const plan = inferColumns(table({ text: texts(8), score: scores }));
  expect(plan.labels[0]).toEqual({
    column: "score",
    kind: "regression",
    reason: '39 different numbers from 0 to 5.571; 1 not a number ("high")',
  });
  const stars = count((i) => (i === 5 ? "n/a" : (i % 5) + 1));
  expect(inferColumns(table({ text: texts(8), stars })).labels[0]).toMatchObject({
    classes: ["1", "2", "3", "4", "5"],
  });
});

it("finds the text by length, and by name where lengths are close", () => {
  const label = repeat(["a", "b"]);
  const columns = (data: Record<string, unknown[]>) => inferColumns(table(data)).text.columns;
  expect(columns({ headline: texts(4), story: texts(40), label })).toEqual(["story"]);
  expect(columns({ story: texts(8), Review: texts(6), label })).toEqual(["Review"]);
  expect(columns({ sentence1: texts(8), sentence2: texts(6), label })).toEqual([
    "sentence1",
    "sentence2",
  ]);
  expect(columns({ satz: count((i) => `今天天气很好${i}`), label })).toEqual(["satz"]);
  expect(columns({ text: repeat(["good", "bad"]), label })).toEqual(["text"]);
});

it("does not guess", () => {
  const label = repeat(["a", "b"]);
  expect(() => inferColumns(table({ summary: texts(8), story: texts(10), label }))).toThrow(
    't.csv: the text could be in "story", "summary"; name it: text: "story"',
  );
  expect(() => inferColumns(table({ code: count((i) => `c${i}`), label }))).toThrow(
    't.csv: no column looks like text ("code", "label"); name it: text: "code"',
  );
  expect(() => inferColumns(table({ text: texts(8) }))).toThrow(
    "t.csv: no column looks like a label (there is no other column than the text)",
  );
  expect(() => inferColumns(table({ text: texts(8), day: count((i) => `d${i}`) }))).toThrow(
    /"day": ids, names or the like: 100 % of the values are different\); if one is, name it: labels: \["day"\]/,
  );
});

it("does as it is told", () => {
  const data = table({
    note: texts(20),
    review: texts(8),
    stars: repeat([1, 2, 3]),
    day: count((i) => `d${i}`),
    flag: repeat(["x"]),
  });
  const plan = inferColumns(data, { text: "review", labels: ["day", "stars"] });
  expect(plan.text).toEqual({ columns: ["review"], reason: "as asked for" });
  expect(plan.labels.map(({ column, kind }) => [column, kind])).toEqual([
    ["day", "classification"],
    ["stars", "classification"],
  ]);
  expect(plan.ignored.map(({ column }) => column)).toEqual(["note", "flag"]);
  const hinted = inferColumns(data, {
    labels: { stars: { kind: "regression" }, flag: { classes: ["y", "x"] } },
  });
  expect(hinted.text.columns).toEqual(["note"]);
  expect(hinted.labels.map(({ reason }) => reason)).toEqual([
    "as asked for",
    "classes as asked for",
  ]);

  expect(() => inferColumns(data, { text: "revew" })).toThrow(
    /"revew" \(did you mean "review"\?\)/,
  );
  expect(() => inferColumns(data, { labels: ["flag"] })).toThrow(
    '"flag" can\'t be a label: every row has "x"',
  );
  expect(() => inferColumns(data, { text: "review", labels: ["review"] })).toThrow(
    "can't be text and label at once",
  );
});

it("gives a plan that survives JSON", () => {
  const plan = inferColumns(
    table({ text: texts(8), a: repeat(["x|y", "x"]), b: count((i) => i / 3) }),
  );
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
});
