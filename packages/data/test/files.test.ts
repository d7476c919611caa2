import { join } from "node:path";
import { EspalierError } from "@espalier/core";
import { inferColumns, type LabelHint, readTable, toDataset } from "@espalier/data";
import { expect, it } from "vitest";

const fixture = (name: string) => join(import.meta.dirname, "fixtures", name);

/** What a fixture is read as: the columns that its rows are supposed to have. */
async function load(file: string, labels?: Record<string, LabelHint>) {
  const table = await readTable(fixture(file));
  return toDataset(table, inferColumns(table, { text: "text", ...(labels && { labels }) }));
}

it.each([
  ["valid.jsonl", 12],
  ["valid.csv", 12],
  ["tolerated-bom-crlf.jsonl", 5],
  ["tolerated-bom.csv", 4],
  ["tolerated-crlf.csv", 4],
  ["tolerated-quotes.csv", 4],
])("loads %s", async (file, rows) => {
  const { examples, labelColumns } = await load(file);
  expect(examples).toHaveLength(rows);
  expect(labelColumns).toEqual(["label", "score"]);
  expect(examples[0]?.labels).toEqual({ label: "1", score: 0.21 });
});

it("keeps texts as they are and knows their lines", async () => {
  const { examples } = await load("tolerated-quotes.csv");
  expect(examples.map(({ text, source }) => [text, source.line])).toEqual([
    ['a "quoted" word, and a comma', 2],
    ["two\nlines", 3],
    ["  spaces kept  ", 5],
    ["", 6],
  ]);
});

const three = { label: { classes: ["0", "1", "2"] } };
const words = { label: { classes: ["negative", "neutral", "positive"] } };
const score = { score: { kind: "regression" } } as const;

it.each<[string, string, string, Record<string, LabelHint>?]>([
  ["broken-line.jsonl", "DATA_INVALID", ":7: not JSON: "],
  ["array-line.jsonl", "DATA_INVALID", ':7: expected an object such as {"text": …}, not a list'],
  ["score-nan.jsonl", "DATA_INVALID", ":7: not JSON: Unexpected token 'N'"],
  ["empty.jsonl", "DATA_INVALID", ": the file is empty"],
  ["empty.csv", "DATA_INVALID", ": the file is empty"],
  ["blank-lines-only.jsonl", "DATA_INVALID", ": the file is empty"],
  ["header-only.csv", "DATA_INVALID", ": the file holds no rows"],
  ["invalid-utf8.jsonl", "FILE_INVALID", ":7: not valid UTF-8"],
  ["invalid-utf8.csv", "FILE_INVALID", ":8: not valid UTF-8"],
  ["utf16.jsonl", "FILE_INVALID", ": the file is UTF-16; save it as UTF-8"],
  ["null-bytes.csv", "FILE_INVALID", ":8: a NUL byte"],
  ["ragged-short.csv", "DATA_INVALID", ":8: 2 cells, but the header names 3 columns"],
  ["ragged-long.csv", "DATA_INVALID", ":8: 5 cells, but the header names 3 columns"],
  ["unclosed-quote.csv", "DATA_INVALID", ":8: a quote opens here and is never closed"],
  ["text-after-quote.csv", "DATA_INVALID", ":8: text follows a closing quote"],
  ["duplicate-header.csv", "DATA_INVALID", ':1: the column "label" occurs twice'],
  ["missing-column.csv", "NAME_UNKNOWN", ': there is no column "text"'],
  ["missing-field.jsonl", "DATA_INVALID", ':7: no text: the field "text" is missing'],
  ["wrong-type.jsonl", "DATA_INVALID", ':7: the text in "text" has to be a string, not the number'],
  [
    "label-out-of-range.jsonl",
    "DATA_INVALID",
    ':7: label 9 of task "label" is not one of 0, 1, 2',
    three,
  ],
  [
    "label-out-of-range.csv",
    "DATA_INVALID",
    ':8: label 17 of task "label" is not one of 0, 1, 2',
    three,
  ],
  ["label-negative.jsonl", "DATA_INVALID", ":7: label -3 of task", three],
  ["label-fraction.jsonl", "DATA_INVALID", ":7: label 1.5 of task", three],
  [
    "label-unknown-name.jsonl",
    "DATA_INVALID",
    ':7: label "postive" of task "label" is not one of negative, neutral, positive (did you mean "positive"?)',
    words,
  ],
  [
    "score-infinity.jsonl",
    "DATA_INVALID",
    ':7: value Infinity of task "score" is not a finite number',
  ],
  [
    "score-nan.csv",
    "DATA_INVALID",
    ':8: value "nan" of task "score" is not a finite number',
    score,
  ],
  ["score-inf.csv", "DATA_INVALID", ':8: value "-inf" of task "score" is not a finite number'],
  ["score-text.csv", "DATA_INVALID", ':8: value "high" of task "score" is not a finite number'],
])("refuses %s", async (file, code, message, labels) => {
  const error = await load(file, labels).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(EspalierError);
  expect((error as EspalierError).message).toContain(`${fixture(file)}${message}`);
  expect((error as EspalierError).code).toBe(code);
});

it("counts a null score as unlabelled", async () => {
  const { examples } = await load("score-null.jsonl");
  expect(examples[6]?.labels.score).toBeUndefined();
  expect(examples.filter(({ labels }) => labels.score === undefined)).toHaveLength(1);
});

it("recognises labels per token", async () => {
  const table = await readTable(fixture("token-labels-length.jsonl"));
  expect(() => inferColumns(table)).toThrow(/:7: \d+ in "tokens", but \d+ in "labels"/);
  expect(() => inferColumns({ ...table, rows: table.rows.slice(0, 6) })).toThrow(/for each token/);
});
