import { constants, isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { EspalierError } from "@espalier/core";

/** What standard input is called in messages. */
export const STDIN_NAME = "stdin";

/**
 * Reads a text file as a whole, without its byte-order mark.
 * @param path a file, or `"-"` for `stdin`
 * @throws {EspalierError} FILE_NOT_FOUND; FILE_INVALID for a directory, an unreadable or binary file
 * and for anything that is not UTF-8, with the line
 */
export async function readSource(
  path: string,
  stdin: Readable = process.stdin,
): Promise<{ file: string; text: string }> {
  const file = path === "-" ? STDIN_NAME : path;
  const bytes = path === "-" ? await readAll(stdin) : await readBytes(path);
  return { file, text: decodeText(bytes, file) };
}

/** Turns what the file system says about a path into one clear error. */
export function fileError(error: unknown, path: string): EspalierError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new EspalierError("FILE_NOT_FOUND", `${path}: there is no such file`, { cause: error });
  }
  const what = code === "EISDIR" ? "is a directory, not a file" : `cannot be read (${code})`;
  return new EspalierError("FILE_INVALID", `${path} ${what}`, { cause: error });
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(error, path);
  }
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function decodeText(bytes: Buffer, file: string): string {
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    const megabytes = (bytes.length / 1e6).toFixed(0);
    throw new EspalierError(
      "FILE_INVALID",
      `${file}: ${megabytes} MB are too much for one table; split the file`,
    );
  }
  const problem = encodingProblem(bytes);
  if (problem !== undefined) {
    const place = problem.line === undefined ? file : `${file}:${problem.line}`;
    throw new EspalierError("FILE_INVALID", `${place}: ${problem.what}`);
  }
  const text = bytes.toString("utf8");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** Why these bytes are no UTF-8 text, with the line of the first bad one, or undefined. */
function encodingProblem(bytes: Buffer): { what: string; line?: number } | undefined {
  const utf16 =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) return { what: "the file is UTF-16; save it as UTF-8" };
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    return { what: "a NUL byte: this is not a text file", line: lineAt(bytes, zero) };
  }
  if (isUtf8(bytes)) return undefined;
  // A line feed is never part of a longer UTF-8 sequence, so the lines can be checked one by one.
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(10, start);
    const slice = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (!isUtf8(slice) || end < 0) return { what: "not valid UTF-8; save the file as UTF-8", line };
    start = end + 1;
  }
}

function lineAt(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let i = bytes.indexOf(10); i >= 0 && i < offset; i = bytes.indexOf(10, i + 1)) line++;
  return line;
}
