import { EspalierError } from "@espalier/core";
import { CsvError, type Options, parse } from "csv-parse/sync";
import type { Table, TableRow } from "./table.ts";
import { quoted } from "./value-in-words.ts";

export interface DelimitedOptions {
  readonly delimiter: string;
  /** Whether `"` encloses cells (RFC 4180) or is a character like any other. */
  readonly quotes: boolean;
}

/**
 * Parses CSV or TSV with a header line. Every value is a string, an empty cell an empty string;
 * names are trimmed, values are not. A quote inside a cell that does not start with one is text.
 * @throws {EspalierError} DATA_INVALID with file and line
 */
export function parseDelimited(text: string, file: string, options: DelimitedOptions): Table {
  const records = parseRecords(text, file, options);
  let columns: string[] | undefined;
  const rows: TableRow[] = [];
  let line = 1;
  for (const cells of records) {
    const place = `${file}:${line}`;
    const start = line;
    line += 1 + lineBreaks(cells);
    if (cells.length === 1 && (cells[0] as string).trim() === "") continue;
    if (columns === undefined) {
      columns = header(cells, place);
      continue;
    }
    if (cells.length !== columns.length) throw ragged(cells, columns, place);
    const entries = columns.map((name, i) => [name, cells[i]]);
    rows.push({ values: Object.fromEntries(entries), line: start });
  }
  return { columns: columns ?? [], rows, file };
}

function parseRecords(text: string, file: string, options: DelimitedOptions): string[][] {
  const settings: Options = {
    delimiter: options.delimiter,
    quote: options.quotes ? '"' : false,
    relax_column_count: true,
  };
  try {
    try {
      return parse(text, settings) as unknown as string[][];
    } catch (error) {
      // Quotes within bare cells (5" pipe) are common and harmless, but the parser can only be told to
      // accept them together with text after a closing quote, so it is told only where they occur.
      if (!(error instanceof CsvError) || error.code !== "INVALID_OPENING_QUOTE") throw error;
      return parse(text, { ...settings, relax_quotes: true }) as unknown as string[][];
    }
  } catch (error) {
    throw error instanceof CsvError ? quoteError(error, text, file) : error;
  }
}

function quoteError(error: CsvError, text: string, file: string): EspalierError {
  const hint = 'write a quote within a quoted cell as ""; a file without quoting: quotes: false';
  // Not among the declared fields of the class, but on every error of the parser.
  const { lines, bytes } = error as unknown as { lines: number; bytes: number };
  let line = lines;
  let what = error.message;
  if (error.code === "CSV_QUOTE_NOT_CLOSED") {
    // The parser counts up to the end of the file; the row begins after the last complete one.
    line = 1 + lineBreaks([Buffer.from(text).subarray(0, bytes).toString()]);
    what = "a quote opens here and is never closed";
  } else if (error.code === "CSV_INVALID_CLOSING_QUOTE") what = "text follows a closing quote";
  return new EspalierError("DATA_INVALID", `${file}:${line}: ${what} (${hint})`, { cause: error });
}

function header(cells: readonly string[], place: string): string[] {
  const columns = cells.map((name) => name.trim());
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new EspalierError("DATA_INVALID", `${place}: the column "${twice}" occurs twice`);
  }
  const number = columns.find((name) => name !== "" && Number.isFinite(Number(name)));
  if (number !== undefined) {
    throw new EspalierError(
      "DATA_INVALID",
      `${place}: the first line has to name the columns, but ${quoted(number)} is a number`,
    );
  }
  return columns;
}

function ragged(
  cells: readonly string[],
  columns: readonly string[],
  place: string,
): EspalierError {
  const count = cells.length === 1 ? "1 cell" : `${cells.length} cells`;
  const hint =
    cells.length > columns.length ? "; a cell with a separator in it has to be quoted" : "";
  return new EspalierError(
    "DATA_INVALID",
    `${place}: ${count}, but the header names ${columns.length} columns (${columns.join(", ")})${hint}`,
  );
}

function lineBreaks(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) {
    for (let i = cell.indexOf("\n"); i >= 0; i = cell.indexOf("\n", i + 1)) count++;
  }
  return count;
}
