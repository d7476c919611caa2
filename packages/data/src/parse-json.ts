import { EspalierError } from "@espalier/core";
import { jsonProblem, jsonRow } from "./json-row.ts";
import type { Table } from "./table.ts";
import { valueInWords } from "./value-in-words.ts";

/**
 * Parses a JSON list of objects.
 * @throws {EspalierError} DATA_INVALID with file and, for a bad row, its line
 */
export function parseJson(text: string, file: string): Table {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new EspalierError("DATA_INVALID", `${file}: not JSON: ${jsonProblem(error)}`, {
      cause: error,
    });
  }
  if (!Array.isArray(value)) {
    const hint = "for one object a line use the format jsonl";
    throw new EspalierError(
      "DATA_INVALID",
      `${file}: expected a list of objects, not ${valueInWords(value)}; ${hint}`,
    );
  }
  const lines = elementLines(text);
  const columns = new Set<string>();
  const rows = value.map((element: unknown, i) => {
    const line = lines[i] as number;
    const values = jsonRow(element, `${file}:${line}`);
    for (const name in values) columns.add(name);
    return { values, line };
  });
  return { columns: [...columns], rows, file };
}

/** The line on which each element of a (valid) JSON list starts; the parser does not tell. */
function elementLines(text: string): number[] {
  const lines: number[] = [];
  let line = 1;
  let depth = 0;
  let inString = false;
  let expectsElement = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === BACKSLASH) i++;
      else if (c === QUOTE) inString = false;
      continue;
    }
    if (c === LINE_FEED) line++;
    if (c <= SPACE) continue;
    if (expectsElement && c !== CLOSE_LIST) {
      lines.push(line);
      expectsElement = false;
    }
    if (c === QUOTE) inString = true;
    else if (c === OPEN_LIST || c === OPEN_OBJECT) {
      depth++;
      expectsElement = depth === 1;
    } else if (c === CLOSE_LIST || c === CLOSE_OBJECT) depth--;
    else if (c === COMMA && depth === 1) expectsElement = true;
  }
  return lines;
}

const LINE_FEED = 10;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
