import { didYouMean, EspalierError } from "@espalier/core";
import type { ClassLabels, ColumnPlan, LabelColumn, TextColumns } from "./column-plan.ts";
import { isBlank, scalarText } from "./column-profile.ts";
import type { Dataset, LabelValue, TextInput } from "./dataset.ts";
import { numberIn } from "./number-in.ts";
import { splitLabels } from "./split-labels.ts";
import type { Table, TableRow } from "./table.ts";
import { quoted, valueInWords } from "./value-in-words.ts";

/**
 * Turns rows into texts with typed labels after a plan, of this table or of another one with the
 * same columns.
 *
 * A blank cell, null and an absent field are "unlabelled"; so is -100 in a column of classes that are
 * numbers. Labels are trimmed, texts are kept as they are.
 * @throws {EspalierError} DATA_INVALID, with file and line, for a column that the table lacks, a row
 * without text, a label that is not one of the classes and a value that is not a finite number
 */
export function toDataset(table: Table, plan: ColumnPlan): Dataset {
  const labelColumns = plan.labels.map((label) => label.column);
  for (const column of [...plan.text.columns, ...labelColumns]) {
    if (table.columns.includes(column)) continue;
    throw new EspalierError(
      "DATA_INVALID",
      `${table.file}: there is no column "${column}"${didYouMean(column, table.columns)}; ` +
        `the columns are ${table.columns.join(", ")}`,
    );
  }
  const readers = plan.labels.map(labelReader);
  const examples = table.rows.map((row) => {
    const { line, values } = row;
    const place = `${table.file}:${line}`;
    const labels = Object.fromEntries(
      readers.map(({ column, read }) => [column, read(values[column], place)]),
    );
    return { text: textOf(row, plan.text, place), labels, source: { file: table.file, line } };
  });
  return { examples, textColumns: plan.text.columns, labelColumns };
}

function textOf({ values }: TableRow, { columns }: TextColumns, place: string): TextInput {
  const [first, second] = columns;
  const text = textIn(values[first], first, place);
  return second === undefined ? text : [text, textIn(values[second], second, place)];
}

/** @throws {EspalierError} DATA_INVALID when the value is no string */
export function textIn(value: unknown, column: string, place: string): string {
  if (typeof value === "string") return value;
  throw new EspalierError(
    "DATA_INVALID",
    value === undefined
      ? `${place}: no text: the field "${column}" is missing`
      : `${place}: the text in "${column}" has to be a string, not ${valueInWords(value)}`,
  );
}

interface LabelReader {
  readonly column: string;
  read(value: unknown, place: string): LabelValue | undefined;
}

function labelReader(label: LabelColumn): LabelReader {
  const { column } = label;
  if (label.kind === "regression") {
    return { column, read: (value, place) => numberLabel(value, column, place) };
  }
  const find = classFinder(label);
  if (label.kind === "classification") {
    return {
      column,
      read: (value, place) => (isBlank(value) ? undefined : find(value, place)),
    };
  }
  return {
    column,
    read: (value, place) =>
      splitLabels(value)
        ?.map((part) => find(part, place))
        .filter((part) => part !== undefined),
  };
}

function numberLabel(value: unknown, column: string, place: string): number | undefined {
  if (isBlank(value)) return undefined;
  const number = numberIn(value);
  if (number !== undefined) return number;
  throw new EspalierError(
    "DATA_INVALID",
    `${place}: value ${labelInWords(value)} of task "${column}" is not a finite number`,
  );
}

function classFinder({ column, classes }: ClassLabels) {
  const known = new Set(classes);
  const numeric = classes.every((name) => numberIn(name) !== undefined);
  const spelling = new Map(numeric ? classes.map((name) => [Number(name), name]) : []);
  return (value: unknown, place: string): string | undefined => {
    const name = typeof value === "object" ? undefined : scalarText(value);
    if (name !== undefined && known.has(name)) return name;
    const number = numeric ? numberIn(value) : undefined;
    const spelled = number === undefined ? undefined : spelling.get(number);
    if (spelled !== undefined) return spelled;
    if (number === -100) return undefined;
    throw new EspalierError(
      "DATA_INVALID",
      `${place}: label ${labelInWords(value)} of task "${column}" is not one of ${listed(classes)}` +
        (numeric || name === undefined ? "" : didYouMean(name, classes)),
    );
  };
}

function labelInWords(value: unknown): string {
  if (typeof value === "string")
    return numberIn(value) === undefined ? quoted(value) : value.trim();
  return typeof value === "object" ? valueInWords(value) : String(value);
}

/** The classes, or the first ten of many. */
function listed(classes: readonly string[]): string {
  if (classes.length <= 12) return classes.join(", ");
  return `${classes.slice(0, 10).join(", ")}, … (${classes.length} classes)`;
}
