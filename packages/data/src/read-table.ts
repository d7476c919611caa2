import { extname } from "node:path";
import type { Readable } from "node:stream";
import { EspalierError } from "@espalier/core";
import { parseDelimited } from "./parse-delimited.ts";
import { parseJson } from "./parse-json.ts";
import { parseJsonl } from "./parse-jsonl.ts";
import { readSource } from "./read-source.ts";
import type { Table, TableFormat } from "./table.ts";

export interface ReadTableOptions {
  /** Overrules the extension; required for standard input. */
  readonly format?: TableFormat;
  /** CSV and TSV: false reads `"` as a character like any other. Default true. */
  readonly quotes?: boolean;
  /** What `"-"` reads; default `process.stdin`. */
  readonly stdin?: Readable;
}

const FORMATS: ReadonlyMap<string, TableFormat> = new Map([
  [".jsonl", "jsonl"],
  [".ndjson", "jsonl"],
  [".json", "json"],
  [".csv", "csv"],
  [".tsv", "tsv"],
]);

/**
 * Reads all rows of a JSONL, JSON (a list of objects), CSV or TSV file in UTF-8.
 *
 * CSV and TSV need a header line; quoted cells may hold separators, line breaks and doubled quotes.
 * A byte-order mark, CRLF and blank lines are accepted. In JSONL and JSON an object under the key
 * `labels` is spread into columns: `{"text": …, "labels": {"domain": "movie"}}` has the columns
 * `text` and `domain`.
 * @param path a file, or `"-"` for standard input
 * @throws {EspalierError} FILE_NOT_FOUND; FILE_INVALID when it is no text file of a known format;
 * DATA_INVALID, with file and line, when a row is broken or there are no rows
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<Table> {
  const format = options.format ?? tableFormatOf(path);
  if (format === undefined && path === "-") throw unknownFormat(path); // and does not wait for input
  const { file, text } = await readSource(path, options.stdin);
  if (format === undefined) throw unknownFormat(path);
  const table = parse(format, { file, text, quotes: options.quotes ?? true });
  if (table.rows.length === 0) {
    const what = text.trim() === "" ? "the file is empty" : "the file holds no rows";
    throw new EspalierError("DATA_INVALID", `${file}: ${what}`);
  }
  return table;
}

/** The table format that a file's extension stands for, or undefined. */
export function tableFormatOf(path: string): TableFormat | undefined {
  return FORMATS.get(extname(path).toLowerCase());
}

interface Source {
  readonly file: string;
  readonly text: string;
  readonly quotes: boolean;
}

function parse(format: TableFormat, { file, text, quotes }: Source): Table {
  if (text.trim() === "") return { columns: [], rows: [], file };
  switch (format) {
    case "jsonl":
      return parseJsonl(text, file);
    case "json":
      return parseJson(text, file);
    case "csv":
      return parseDelimited(text, file, { delimiter: ",", quotes });
    case "tsv":
      return parseDelimited(text, file, { delimiter: "\t", quotes });
  }
}

function unknownFormat(path: string): EspalierError {
  const extension = extname(path);
  const what =
    path === "-"
      ? "standard input has no extension"
      : `${path}: the extension ${extension === "" ? "is missing" : `"${extension}" is unknown`}`;
  return new EspalierError(
    "FILE_INVALID",
    `${what}; name the format: jsonl, json, csv or tsv (by extension or the option "format")`,
  );
}
