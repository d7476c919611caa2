import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { EspalierError } from "@espalier/core";
import { fileError, STDIN_NAME } from "./read-source.ts";

const LINE_FEED = 10;

/**
 * The lines of a UTF-8 file or of standard input as they arrive, without their ends (LF or CRLF), in
 * constant memory. Unlike `node:readline` it does not take U+2028 within a line for its end.
 * @throws {EspalierError} FILE_NOT_FOUND or FILE_INVALID, for bytes that are no text with the line
 */
export async function* readLines(
  path: string,
  stdin: Readable = process.stdin,
): AsyncGenerator<{ text: string; place: string }> {
  const file = path === "-" ? STDIN_NAME : path;
  let pieces: Buffer[] = [];
  let line = 0;
  const next = (piece: Buffer) => {
    const bytes = Buffer.concat([...pieces, piece]);
    pieces = [];
    line++;
    const place = `${file}:${line}`;
    return { text: decodeLine(bytes, place, line === 1), place };
  };
  try {
    for await (const chunk of path === "-" ? stdin : createReadStream(path)) {
      const bytes = Buffer.from(chunk);
      let start = 0;
      for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
        yield next(bytes.subarray(start, end));
        start = end + 1;
      }
      if (start < bytes.length) pieces.push(bytes.subarray(start));
    }
  } catch (error) {
    throw EspalierError.isInstance(error) || path === "-" ? error : fileError(error, path);
  }
  if (pieces.length > 0) yield next(Buffer.alloc(0));
}

function decodeLine(bytes: Buffer, place: string, isFirst: boolean): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: !isFirst }).decode(bytes);
  } catch (error) {
    throw new EspalierError("FILE_INVALID", `${place}: not valid UTF-8`, { cause: error });
  }
  if (text.includes("\0")) {
    throw new EspalierError("FILE_INVALID", `${place}: a NUL byte: this is not a text file`);
  }
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}
