import { EspalierError } from "@espalier/core";
import { valueInWords } from "./value-in-words.ts";

const LABELS = "labels";

/**
 * One parsed row as a flat record: an object under `labels` is spread, its keys become columns.
 * @param place `file:line`, for messages
 * @throws {EspalierError} DATA_INVALID when the value is no object or a label hides another column
 */
export function jsonRow(value: unknown, place: string): Record<string, unknown> {
  if (!isPlainObject(value)) {
    throw new EspalierError(
      "DATA_INVALID",
      `${place}: expected an object such as {"text": …}, not ${valueInWords(value)}`,
    );
  }
  const nested = value[LABELS];
  if (!isPlainObject(nested)) return value;
  const { [LABELS]: _, ...rest } = value;
  for (const name of Object.keys(nested)) {
    if (Object.hasOwn(rest, name)) {
      throw new EspalierError(
        "DATA_INVALID",
        `${place}: "${name}" is both a field of its own and one of "${LABELS}"`,
      );
    }
  }
  return { ...rest, ...nested };
}

/** What the JSON parser says, short enough for a message. */
export function jsonProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.length <= 200 ? message : `${message.slice(0, 200)}…`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
