import { EspalierError } from "@espalier/core";
import type { Table } from "./table.ts";

/**
 * Recognises tables of tokens with a label for each of them, to say so in plain words.
 * @throws {EspalierError} DATA_INVALID, with the line, when the two lists of a row differ in length;
 * UNSUPPORTED otherwise
 */
export function refuseTokenLabels(table: Table): void {
  const isList = (column: string) =>
    table.rows.every(({ values }) => Array.isArray(values[column]));
  if (!table.columns.includes("tokens") || !isList("tokens")) return;
  const labels = table.columns.find((column) => column !== "tokens" && isList(column));
  if (labels === undefined) return;
  for (const { values, line } of table.rows) {
    const tokenCount = (values.tokens as unknown[]).length;
    const labelCount = (values[labels] as unknown[]).length;
    if (tokenCount === labelCount) continue;
    throw new EspalierError(
      "DATA_INVALID",
      `${table.file}:${line}: ${tokenCount} in "tokens", but ${labelCount} in "${labels}"`,
    );
  }
  throw new EspalierError(
    "UNSUPPORTED",
    `${table.file}: "${labels}" has a label for each token; tasks have one label for a text`,
  );
}
