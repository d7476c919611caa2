import { access, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { SentenceTransformer } from "@espalier/encoder";
import { exportOnnx } from "../npm-peers/export-onnx.ts";

/**
 * Makes a directory that transformers.js and onnxruntime can open: the model's files, and `onnx/model.onnx`: its own, or
 * written here from the same weights.
 * @throws {EspalierError} UNSUPPORTED for an architecture without an export
 */
export async function writeOnnxDirectory(
  from: string,
  model: SentenceTransformer,
  to: string,
): Promise<void> {
  await mkdir(join(to, "onnx"), { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true }))
    if (!entry.isDirectory()) await symlink(resolve(from, entry.name), join(to, entry.name));
  const own = join(from, "onnx", "model.onnx");
  const target = join(to, "onnx", "model.onnx");
  if (await exists(own)) await symlink(resolve(own), target);
  else await writeFile(target, await exportOnnx(model));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
