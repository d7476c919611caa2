import { expect, it } from "vitest";
import type { ColumnPlan } from "./column-plan.ts";
import { describe } from "./describe.ts";
import type { Table } from "./table.ts";
import { toDataset } from "./to-dataset.ts";

const plan: ColumnPlan = {
  text: { columns: ["text"], reason: "" },
  labels: [
    { column: "domain", kind: "classification", classes: ["product", "movie"], reason: "" },
    { column: "topics", kind: "multi-label", classes: ["a", "b"], reason: "" },
    { column: "score", kind: "regression", reason: "" },
  ],
  ignored: [],
};

function table(...rows: ReadonlyArray<Record<string, unknown>>): Table {
  return {
    columns: ["text", "domain", "topics", "score"],
    rows: rows.map((values, i) => ({ values, line: i + 1 })),
    file: "r.jsonl",
  };
}

it("types the labels and leaves missing ones undefined", () => {
  const { examples } = toDataset(
    table(
      { text: " x ", domain: " movie ", topics: "a| b|a", score: "1e-1" },
      { text: "", domain: "", topics: "", score: null },
      { text: "z", domain: null, topics: [], score: 3 },
    ),
    plan,
  );
  expect(examples).toEqual([
    {
      text: " x ",
      labels: { domain: "movie", topics: ["a", "b"], score: 0.1 },
      source: { file: "r.jsonl", line: 1 },
    },
    { text: "", labels: {}, source: { file: "r.jsonl", line: 2 } },
    { text: "z", labels: { topics: [], score: 3 }, source: { file: "r.jsonl", line: 3 } },
  ]);
});

it.each([
  [{ text: null }, 'r.jsonl:1: the text in "text" has to be a string, not null'],
  [{}, 'r.jsonl:1: no text: the field "text" is missing'],
  [
    { text: "x", domain: "mvie" },
    'label "mvie" of task "domain" is not one of product, movie (did you',
  ],
  [{ text: "x", domain: ["movie"] }, 'label a list of 1 of task "domain" is not one of'],
  [{ text: "x", domain: {} }, 'label an object of task "domain" is not one of'],
  [{ text: "x", topics: "a|c" }, 'label "c" of task "topics" is not one of a, b'],
  [{ text: "x", score: "0x10" }, 'value "0x10" of task "score" is not a finite number'],
  [{ text: "x", score: true }, 'value true of task "score" is not a finite number'],
])("refuses %j", (row, message) => {
  expect(() => toDataset(table(row), plan)).toThrow(message);
});

it("refuses a table that lacks a column of the plan", () => {
  const other = { ...table({ text: "x" }), columns: ["text", "domian", "topics", "score"] };
  expect(() => toDataset(other, plan)).toThrow('no column "domain" (did you mean "domian"?)');
});

it("lists a long list of classes in part", () => {
  const many = Array.from({ length: 77 }, (_, i) => `class${i}`);
  const long: ColumnPlan = {
    ...plan,
    labels: [{ column: "domain", kind: "classification", classes: many, reason: "" }],
  };
  expect(() => toDataset(table({ text: "x", domain: "?" }), long)).toThrow(
    /class9, … \(77 classes\)/,
  );
});

it("builds pairs", () => {
  const pairs: ColumnPlan = {
    ...plan,
    text: { columns: ["text", "domain"], reason: "" },
    labels: [],
  };
  expect(toDataset(table({ text: "a", domain: "b" }), pairs).examples[0]?.text).toEqual(["a", "b"]);
});

it("summarises", () => {
  const dataset = toDataset(
    table(
      { text: "x", domain: "movie", topics: "a|b", score: 1 },
      { text: "x", topics: ["a"], score: 4 },
      { text: " ", domain: "movie" },
    ),
    plan,
  );
  expect(describe(dataset, plan)).toEqual({
    rows: 3,
    textColumns: ["text"],
    duplicateTexts: 1,
    blankTexts: 1,
    tasks: [
      {
        name: "domain",
        kind: "classification",
        labelled: 2,
        unlabelled: 1,
        classes: [
          { name: "product", count: 0 },
          { name: "movie", count: 2 },
        ],
      },
      {
        name: "topics",
        kind: "multi-label",
        labelled: 2,
        unlabelled: 1,
        classes: [
          { name: "a", count: 2 },
          { name: "b", count: 1 },
        ],
      },
      {
        name: "score",
        kind: "regression",
        labelled: 2,
        unlabelled: 1,
        classes: [],
        numbers: { smallest: 1, largest: 4, mean: 2.5, deviation: expect.closeTo(1.5, 9) },
      },
    ],
  });
});
