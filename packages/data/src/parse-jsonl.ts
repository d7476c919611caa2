import { EspalierError } from "@espalier/core";
import { jsonProblem, jsonRow } from "./json-row.ts";
import type { Table, TableRow } from "./table.ts";

/**
 * Parses one JSON object a line; blank lines are skipped.
 * @throws {EspalierError} DATA_INVALID with file and line
 */
export function parseJsonl(text: string, file: string): Table {
  const columns = new Set<string>();
  const rows: TableRow[] = [];
  for (let start = 0, line = 1; start < text.length; line++) {
    const end = text.indexOf("\n", start);
    const source = text.slice(start, end < 0 ? text.length : end);
    start = end < 0 ? text.length : end + 1;
    if (source.trim() === "") continue;
    const values = parseJsonLine(source, `${file}:${line}`);
    for (const name in values) columns.add(name);
    rows.push({ values, line });
  }
  return { columns: [...columns], rows, file };
}

/** One line of JSONL as a flat record. @param place `file:line` */
export function parseJsonLine(source: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw new EspalierError("DATA_INVALID", `${place}: not JSON: ${jsonProblem(error)}`, {
      cause: error,
    });
  }
  return jsonRow(value, place);
}
