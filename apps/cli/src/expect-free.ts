import { readdir, stat } from "node:fs/promises";
import { EspalierError } from "@espalier/core";

/**
 * Checks, before any work is done, that a model can be written to a directory without replacing anything.
 * @param flag the option that named it, for the message
 * @throws {EspalierError} CONFIG_INVALID when it is a file or has content
 */
export async function expectFree(directory: string, flag: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined) return;
  if (found.isDirectory() && (await readdir(directory)).length === 0) return;
  const what = found.isDirectory() ? "is not empty" : "is a file";
  throw new EspalierError(
    "CONFIG_INVALID",
    `${flag}: ${directory} ${what}, and nothing is replaced; name a new directory`,
  );
}
