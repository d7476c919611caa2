import { createHash, type Hash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EspalierError } from "@espalier/core";
import { isContainedPath } from "./contained-path.ts";
import { type HubFile, neededFiles } from "./hub-files.ts";
import { syncDirectory, writeFileAtomic } from "./write-file-atomic.ts";

/** How far a download is. */
export interface DownloadProgress {
  /** Path of the file in the repository. */
  readonly file: string;
  /** Bytes of the whole model received so far. */
  readonly receivedBytes: number;
  /** Bytes of the whole model. */
  readonly totalBytes: number;
}

export interface HubOptions {
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Without a slash at the end: `https://huggingface.co`. */
  readonly hubUrl: string;
  readonly fetch: typeof fetch;
  readonly accessToken?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/**
 * Folder of a model in the cache:
 *
 *     models/<org>--<name>/refs/<revision>          the commit a branch or tag was downloaded at
 *     models/<org>--<name>/snapshots/<commit>/…     the files, complete as soon as the folder exists
 */
export function modelCache(cacheDirectory: string, model: string): string {
  return join(cacheDirectory, "models", model.replace("/", "--"));
}

/** The snapshot of a model in the cache, undefined when it was not downloaded. */
export async function cachedSnapshot(
  folder: string,
  revision: string,
): Promise<string | undefined> {
  const commit = isCommit(revision)
    ? revision
    : await readFile(refPath(folder, revision), "utf8").catch(() => "");
  if (!isCommit(commit)) return undefined;
  const snapshot = snapshotPath(folder, commit);
  const found = await stat(snapshot).catch(() => undefined);
  return found?.isDirectory() ? snapshot : undefined;
}

/**
 * Downloads the files of a model that loading needs. They are written to a temporary folder, checked against
 * the Hub's hashes, and moved into the cache when all are there; a failed download leaves nothing behind.
 * @param target the cache and the model's `folder` in it, from `modelCache`
 * @returns the snapshot folder
 * @throws {EspalierError} UNSUPPORTED when the model has no safetensors weights, NETWORK_FAILED when a file arrived broken;
 *   errors of `fetch` and of the Hub's client come through as they are
 */
export async function downloadModel(
  model: string,
  target: { cacheDirectory: string; folder: string },
  options: HubOptions,
): Promise<string> {
  const { folder } = target;
  const commit = await resolveCommit(model, options);
  const pinned = { ...options, revision: commit };
  if ((await cachedSnapshot(folder, commit)) === undefined) {
    const files = neededFiles(await listModelFiles(model, pinned), model);
    if (!files.some(({ path }) => basename(path) === "config.json"))
      throw new EspalierError(
        "UNSUPPORTED",
        `${model}: has no config.json, so it is no transformer`,
      );
    const temporary = join(target.cacheDirectory, `.${randomUUID()}.tmp`);
    try {
      await downloadAll(model, { files, folder: temporary }, pinned);
      await moveUnlessThere(temporary, snapshotPath(folder, commit));
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
  if (!isCommit(options.revision)) await writeFileAtomic(refPath(folder, options.revision), commit);
  return snapshotPath(folder, commit);
}

async function resolveCommit(model: string, options: HubOptions): Promise<string> {
  if (isCommit(options.revision)) return options.revision;
  const { modelInfo } = await import("@huggingface/hub");
  const { sha } = await modelInfo({
    name: model,
    additionalFields: ["sha"],
    ...clientOptions(options),
  });
  if (!isCommit(sha))
    throw new EspalierError(
      "NETWORK_FAILED",
      `${options.hubUrl} names no commit for revision ${options.revision} of ${model} (${JSON.stringify(sha)})`,
    );
  return sha;
}

async function listModelFiles(model: string, options: HubOptions): Promise<HubFile[]> {
  const { listFiles } = await import("@huggingface/hub");
  const files: HubFile[] = [];
  const entries = listFiles({
    repo: { type: "model", name: model },
    recursive: true,
    ...clientOptions(options),
  });
  for await (const { type, path, size, oid, lfs } of entries) {
    if (type !== "file" || !isContainedPath(path)) continue;
    files.push({
      path,
      size,
      ...(lfs !== undefined ? { sha256: lfs.oid } : oid !== undefined ? { gitId: oid } : {}),
    });
  }
  return files;
}

async function downloadAll(
  model: string,
  target: { files: readonly HubFile[]; folder: string },
  options: HubOptions,
): Promise<void> {
  const totalBytes = target.files.reduce((sum, { size }) => sum + size, 0);
  let receivedBytes = 0;
  const folders = new Set([target.folder]);
  for (const file of target.files) {
    const path = join(target.folder, file.path);
    folders.add(dirname(path));
    await mkdir(dirname(path), { recursive: true });
    const source = file.size === 0 ? [] : await openFile(model, file, options);
    await saveChecked(source, file, {
      path,
      onBytes(count) {
        receivedBytes += count;
        options.onProgress?.({ file: file.path, receivedBytes, totalBytes });
      },
    });
  }
  for (const written of folders) await syncDirectory(written);
}

async function openFile(
  model: string,
  file: HubFile,
  options: HubOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const { downloadFile } = await import("@huggingface/hub");
  const blob = await downloadFile({
    repo: { type: "model", name: model },
    path: file.path,
    xet: false, // plain HTTP, which every mirror of the Hub speaks
    ...clientOptions(options),
  });
  if (blob === null)
    throw new EspalierError(
      "NETWORK_FAILED",
      `${options.hubUrl} lists ${file.path} of ${model}, but does not have it`,
    );
  return blob.stream() as unknown as AsyncIterable<Uint8Array>;
}

async function saveChecked(
  source: AsyncIterable<Uint8Array> | readonly Uint8Array[],
  file: HubFile,
  target: { path: string; onBytes: (count: number) => void },
): Promise<void> {
  const check = contentCheck(file);
  let size = 0;
  const handle = await open(target.path, "wx");
  try {
    for await (const chunk of source) {
      size += chunk.length;
      check?.hash.update(chunk);
      await handle.writeFile(chunk);
      target.onBytes(chunk.length);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (size !== file.size)
    throw new EspalierError(
      "NETWORK_FAILED",
      `${file.path}: ${size} bytes arrived of ${file.size}`,
    );
  const digest = check?.hash.digest("hex");
  if (digest !== check?.expected)
    throw new EspalierError(
      "NETWORK_FAILED",
      `${file.path}: arrived damaged, its hash is ${digest}, expected ${check?.expected}`,
    );
}

function contentCheck(file: HubFile): { hash: Hash; expected: string } | undefined {
  if (file.sha256 !== undefined) return { hash: createHash("sha256"), expected: file.sha256 };
  if (file.gitId === undefined) return undefined;
  return { hash: createHash("sha1").update(`blob ${file.size}\0`), expected: file.gitId };
}

/** Another process may have downloaded the same snapshot in the meantime. */
async function moveUnlessThere(source: string, snapshot: string): Promise<void> {
  await mkdir(dirname(snapshot), { recursive: true });
  try {
    await rename(source, snapshot);
    await syncDirectory(dirname(snapshot));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "EPERM") throw error;
  }
}

function clientOptions(options: HubOptions): {
  revision: string;
  hubUrl: string;
  fetch: typeof fetch;
  accessToken?: string;
} {
  const { revision, hubUrl, fetch, accessToken } = options;
  return { revision, hubUrl, fetch, ...(accessToken === undefined ? {} : { accessToken }) };
}

function snapshotPath(folder: string, commit: string): string {
  return join(folder, "snapshots", commit);
}

function refPath(folder: string, revision: string): string {
  return join(folder, "refs", encodeURIComponent(revision));
}

function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
