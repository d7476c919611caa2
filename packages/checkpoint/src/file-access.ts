import { type FileHandle, open } from "node:fs/promises";
import { EspalierError } from "@espalier/core";

/**
 * Opens a file for the length of one call.
 * @throws {EspalierError} FILE_NOT_FOUND, or FILE_INVALID when it is no regular file
 */
export async function withFile<T>(
  path: string,
  use: (handle: FileHandle, sizeBytes: number) => Promise<T>,
): Promise<T> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (cause) {
    throw notFound(path, cause);
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new EspalierError("FILE_INVALID", `${path}: is not a file`);
    return await use(handle, stat.size);
  } finally {
    await handle.close();
  }
}

/** Where in a file to read and which bytes to fill. */
export interface ReadRange {
  readonly path: string;
  readonly position: number;
  readonly into: Uint8Array;
}

/** One read call takes at most 2 GiB on every platform. */
const MAX_READ_BYTES = 2 ** 30;

/**
 * Fills `into` from `position` on.
 * @throws {EspalierError} FILE_INVALID when the file ends before
 */
export async function readFully(handle: FileHandle, range: ReadRange): Promise<void> {
  const { into, position, path } = range;
  let done = 0;
  while (done < into.length) {
    const length = Math.min(into.length - done, MAX_READ_BYTES);
    const { bytesRead } = await handle.read(into, done, length, position + done);
    if (bytesRead === 0)
      throw new EspalierError(
        "FILE_INVALID",
        `${path}: ended at byte ${position + done} while it was read, expected ${position + into.length}`,
      );
    done += bytesRead;
  }
}

function notFound(path: string, cause: unknown): EspalierError {
  const code = (cause as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR"
    ? new EspalierError("FILE_NOT_FOUND", `${path}: no such file`, { cause })
    : new EspalierError("FILE_INVALID", `${path}: cannot be opened (${code})`, { cause });
}
