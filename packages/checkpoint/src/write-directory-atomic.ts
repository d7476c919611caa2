import { randomUUID } from "node:crypto";
import { mkdir, readdir, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { EspalierError } from "@espalier/core";
import { isContainedPath } from "./contained-path.ts";
import { type FileContent, syncDirectory, writeFileSynced } from "./write-file-atomic.ts";

/** A file to be written into a directory. */
export interface DirectoryFile {
  /** Relative, with forward slashes: `1_Pooling/config.json`. */
  readonly path: string;
  readonly bytes: FileContent;
}

export interface WriteDirectoryOptions {
  /** Replace a directory that is already there, with everything in it. Default false: refuse. */
  readonly overwrite?: boolean;
}

/**
 * Writes a whole directory or nothing: the files go to a temporary sibling, are flushed and the sibling is renamed.
 *
 * With `overwrite` the old directory moves to `.<name>.previous` for the moment between two renames. A process
 * that dies right there leaves it under that name; `recoverDirectory` (which `readModelDirectory` and the next
 * write call) puts it back. So a reader finds the old content or the new one, never a mixture.
 * @throws {EspalierError} CONFIG_INVALID when the directory exists and is not empty (without `overwrite`), is a file, or
 *   when a path leaves the directory or occurs twice
 */
export async function writeDirectoryAtomic(
  directory: string,
  files: readonly DirectoryFile[],
  options: WriteDirectoryOptions = {},
): Promise<void> {
  checkPaths(directory, files);
  await recoverDirectory(directory);
  await checkTarget(directory, options.overwrite === true);
  // Through a symbolic link, so that the link stays one.
  const target = await realpath(directory).catch(() => resolve(directory));
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    await writeAll(temporary, files);
    await replaceDirectory(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Moves a finished directory to its place, over an older one if there is one.
 * @param source on the same volume as `target`
 */
async function replaceDirectory(source: string, target: string): Promise<void> {
  const previous = previousPath(target);
  // Another process may put a directory back in between; then the old one is moved away once more.
  for (let attempt = 1; ; attempt++) {
    const moved = await renameIfThere(target, previous);
    try {
      await rename(source, target);
      break;
    } catch (error) {
      if (isOccupied(error) && attempt < 5) continue;
      if (moved) await rename(previous, target);
      throw error;
    }
  }
  await syncDirectory(dirname(target));
  await rm(previous, { recursive: true, force: true });
}

/** Puts back the directory that an interrupted overwrite had moved away. Does nothing when there is none. */
export async function recoverDirectory(directory: string): Promise<void> {
  const target = resolve(directory);
  if (await exists(target)) return;
  await renameIfThere(previousPath(target), target, { onlyIfFree: true });
}

function previousPath(target: string): string {
  return join(dirname(target), `.${basename(target)}.previous`);
}

async function writeAll(folder: string, files: readonly DirectoryFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const folders = new Set([folder]);
  for (const { path, bytes } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFileSynced(file, bytes);
    for (let up = dirname(file); up.length > folder.length; up = dirname(up)) folders.add(up);
  }
  for (const written of folders) await syncDirectory(written);
}

async function checkTarget(directory: string, overwrite: boolean): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(directory);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") return;
    if (code === "ENOTDIR")
      throw new EspalierError("CONFIG_INVALID", `${directory}: is a file, expected a directory`);
    throw error;
  }
  if (entries.length > 0 && !overwrite)
    throw new EspalierError(
      "CONFIG_INVALID",
      `${directory}: already exists (${entries.length} entries); choose another directory or allow it to be overwritten`,
    );
}

function checkPaths(directory: string, files: readonly DirectoryFile[]): void {
  const seen = new Set<string>();
  for (const { path } of files) {
    if (path === "" || !isContainedPath(path))
      throw new EspalierError(
        "CONFIG_INVALID",
        `${directory}: ${JSON.stringify(path)} is not a path inside the directory`,
      );
    if (seen.has(path))
      throw new EspalierError("CONFIG_INVALID", `${directory}: ${path} is given twice`);
    seen.add(path);
  }
}

/** @returns whether there was something to rename */
async function renameIfThere(
  from: string,
  to: string,
  options: { onlyIfFree?: boolean } = {},
): Promise<boolean> {
  try {
    if (options.onlyIfFree !== true) await removeStale(from, to);
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    if (options.onlyIfFree === true && isOccupied(error)) return false;
    throw error;
  }
}

/** A leftover of an earlier overwrite must not stop this one, but is kept while it is the only copy. */
async function removeStale(current: string, stale: string): Promise<void> {
  if (await exists(current)) await rm(stale, { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  try {
    await readdir(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

function isOccupied(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOTEMPTY" || code === "EEXIST" || code === "EPERM";
}
