import type { Readable } from "node:stream";
import { EspalierError } from "@espalier/core";
import { textByName } from "./choose-text.ts";
import type { TextInput } from "./dataset.ts";
import { parseJsonLine } from "./parse-jsonl.ts";
import { readLines } from "./read-lines.ts";
import { readTable, tableFormatOf } from "./read-table.ts";
import type { TableFormat } from "./table.ts";
import { textIn } from "./to-dataset.ts";

export interface ReadTextsOptions {
  /** Overrules the extension. Standard input and unknown extensions are plain text by default. */
  readonly format?: "text" | TableFormat;
  /** The field or column with the text, or the two of a pair. Default: told by its name. */
  readonly text?: string | readonly [string, string];
  /** What `"-"` reads; default `process.stdin`. */
  readonly stdin?: Readable;
}

/**
 * The texts of a file or of standard input, in order: each line of plain text (a blank one is the empty
 * text, so that results keep the numbers of the lines), the text field of JSONL, the text column of
 * CSV, TSV and JSON. Plain text and JSONL are read as they arrive, the others as a whole.
 *
 * Without the option `text`, the field is the only one there is or the one with a known name.
 * @param path a file, or `"-"` for standard input
 * @throws {EspalierError} as `readTable`; DATA_INVALID also when the text field can't be told
 */
export async function* readTexts(
  path: string,
  options: ReadTextsOptions = {},
): AsyncGenerator<TextInput> {
  const format = options.format ?? tableFormatOf(path) ?? "text";
  if (format === "text") {
    for await (const line of readLines(path, options.stdin)) yield line.text;
    return;
  }
  let columns: TextNames | undefined;
  for await (const { values, names, place } of rows(path, format, options)) {
    columns ??= textNames(names, options.text, place);
    const [first, second] = columns;
    const text = textIn(values[first], first, place);
    yield second === undefined ? text : [text, textIn(values[second], second, place)];
  }
}

type TextNames = readonly [string] | readonly [string, string];

interface Row {
  readonly values: Readonly<Record<string, unknown>>;
  /** The columns of the table; in JSONL the fields of this row. */
  readonly names: readonly string[];
  readonly place: string;
}

async function* rows(
  path: string,
  format: TableFormat,
  { stdin }: ReadTextsOptions,
): AsyncGenerator<Row> {
  if (format !== "jsonl") {
    const table = await readTable(path, { format, ...(stdin === undefined ? {} : { stdin }) });
    for (const { values, line } of table.rows) {
      yield { values, names: table.columns, place: `${table.file}:${line}` };
    }
    return;
  }
  for await (const { text, place } of readLines(path, stdin)) {
    if (text.trim() === "") continue;
    const values = parseJsonLine(text, place);
    yield { values, names: Object.keys(values), place };
  }
}

function textNames(
  names: readonly string[],
  wanted: ReadTextsOptions["text"],
  place: string,
): TextNames {
  if (wanted !== undefined) return typeof wanted === "string" ? [wanted] : wanted;
  const known =
    textByName(names) ?? (names.length === 1 ? ([names[0] as string] as const) : undefined);
  if (known !== undefined) return known;
  throw new EspalierError(
    "DATA_INVALID",
    `${place}: which field is the text? There are ${names.join(", ")}; name it: text: "${names[0]}"`,
  );
}
