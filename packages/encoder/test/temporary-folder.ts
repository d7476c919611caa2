import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** File contents of a JSON fixture by content hash: text, or bytes in base64. */
export type Blobs = Readonly<
  Record<string, { readonly utf8: string } | { readonly base64: string }>
>;

/** A new folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "espalier-encoder-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files to a new folder. @param files path → key of `blobs` */
export async function unpack(
  files: Readonly<Record<string, string>>,
  blobs: Blobs,
): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, key] of Object.entries(files)) {
    const blob = blobs[key];
    if (blob === undefined) throw new Error(`no blob ${key}`);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(
      join(folder, path),
      "utf8" in blob ? blob.utf8 : Buffer.from(blob.base64, "base64"),
    );
  }
  return folder;
}
