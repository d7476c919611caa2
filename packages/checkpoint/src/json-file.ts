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
  return (await parseIfThere(path, schema))?.value;
}

async function parseIfThere<T>(
  path: string,
  schema: z.ZodType<T>,
): Promise<JsonWithText<T> | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new EspalierError("FILE_INVALID", `${path}: cannot be read (${code})`, { cause });
  }
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    const reason = bytes.length === 0 ? "the file is empty" : (cause as Error).message;
    throw new EspalierError("FILE_INVALID", `${path}: is not JSON: ${reason}`, { cause });
  }
  return { value: validate(path, value, schema), text };
}

/** What a file says, and how it is written. */
interface JsonWithText<T> {
  readonly value: T;
  readonly text: string;
}

/**
 * Like `readJsonIfThere` for a file that has to be there.
 * @throws {EspalierError} FILE_NOT_FOUND besides
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return (await readJsonAndText(path, schema)).value;
}

/** Like `readJson`, for a file that is written again as it is. */
export async function readJsonAndText<T>(
  path: string,
  schema: z.ZodType<T>,
): Promise<JsonWithText<T>> {
  const file = await parseIfThere(path, schema);
  if (file === undefined) throw new EspalierError("FILE_NOT_FOUND", `${path}: no such file`);
  return file;
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
