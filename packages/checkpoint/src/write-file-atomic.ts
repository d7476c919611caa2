import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The content of a file: text (UTF-8), bytes, or pieces of bytes written one after the other. */
export type FileContent = string | Uint8Array | readonly Uint8Array[];

/**
 * Writes a file so that `path` holds either its old content or the whole new one, even after a crash: a
 * temporary sibling is written, flushed to the disk and renamed. Missing parent folders are made.
 */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeFileSynced(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(folder);
}

/** Writes a new file and waits until it is on the disk. */
export async function writeFileSynced(path: string, content: FileContent): Promise<void> {
  const handle = await open(path, "wx");
  try {
    const parts =
      typeof content === "string" || content instanceof Uint8Array ? [content] : content;
    for (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a rename durable. Windows cannot flush a directory and does not need to. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
