/** How rows are written in a file. */
export type TableFormat = "jsonl" | "json" | "csv" | "tsv";

/** One row as it stands in the file: strings in CSV and TSV, any JSON value in JSONL and JSON. */
export interface TableRow {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the row starts, 1 = the first line of the file. */
  readonly line: number;
}

/** Rows of a file with the place of each; every column is known, not every row has a value for it. */
export interface Table {
  /** Names in the order in which the file brings them. */
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
  /** The path as the caller wrote it, for messages. */
  readonly file: string;
}
