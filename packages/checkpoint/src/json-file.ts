import { readFile } from "node:fs/promises";
import { didYouMean, EspalierError } from "@espalier/core";
import type { z } from "zod";

/**
 * Reads and validates a JSON file.
 * @returns undefined when there is no such file
 * @throws {EspalierError} FILE_INVALID when it is not JSON, CONFIG_INVALID naming the file and every field that the
 *   schema refuses, with its value
 */
export async function readJsonIfThere<T>(
  path: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new EspalierError("FILE_INVALID", `${path}: cannot be read (${code})`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const reason = bytes.length === 0 ? "the file is empty" : (cause as Error).message;
    throw new EspalierError("FILE_INVALID", `${path}: is not JSON: ${reason}`, { cause });
  }
  return validate(path, value, schema);
}

/**
 * Like `readJsonIfThere` for a file that has to be there.
 * @throws {EspalierError} FILE_NOT_FOUND besides
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const value = await readJsonIfThere(path, schema);
  if (value === undefined) throw new EspalierError("FILE_NOT_FOUND", `${path}: no such file`);
  return value;
}

function validate<T>(path: string, value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const atRoot = result.error.issues.some(
    (issue) => issue.path.length === 0 && issue.code === "invalid_type",
  );
  throw new EspalierError(
    atRoot ? "FILE_INVALID" : "CONFIG_INVALID",
    `${path}: ${result.error.issues.map((issue) => explain(issue, value, schema)).join("; ")}`,
  );
}

function explain(issue: z.core.$ZodIssue, root: unknown, schema: z.ZodType): string {
  if (issue.code === "unrecognized_keys") {
    const known = "shape" in schema ? Object.keys(schema.shape as object) : [];
    return issue.keys
      .map((key) => `unknown field ${JSON.stringify(key)}${didYouMean(key, known)}`)
      .join(", ");
  }
  const place = issue.path.map(String).join(".");
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    root,
  );
  const shown = JSON.stringify(given) ?? "missing";
  const message = issue.message.replace("Invalid input: ", "").replace(/, received .*$/, "");
  const text = `${message} (${shown.length > 80 ? `${shown.slice(0, 77)}...` : shown})`;
  return place === "" ? text : `${place}: ${text}`;
}
