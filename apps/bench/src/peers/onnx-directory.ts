import { access, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readModelDirectory } from "@espalier/checkpoint";
import { EspalierError } from "@espalier/core";
import type { SentenceTransformer } from "@espalier/encoder";
import { exportOnnx } from "../npm-peers/export-onnx.ts";
import type { PipelineOptions } from "../npm-peers/library.ts";
import type { SuiteContext } from "../suites/suite.ts";
import type { EncodeSubject } from "./encode-peer.ts";

/**
 * A model as transformers.js and onnxruntime open it.
 * @throws {EspalierError} UNSUPPORTED for pooling that they can't be asked for; as `writeOnnxDirectory`
 */
export async function onnxPipeline(
  { name, source, model }: EncodeSubject,
  { temporaryDirectory, threads }: SuiteContext,
): Promise<PipelineOptions> {
  const { pooling, vectorModules } = await readModelDirectory(source);
  const [mode, ...more] = pooling.modes;
  const kinds = vectorModules.map(({ kind }) => kind);
  if (
    (mode !== "mean" && mode !== "cls") ||
    more.length > 0 ||
    kinds.some((kind) => kind !== "Normalize")
  )
    throw new EspalierError(
      "UNSUPPORTED",
      `pools by ${pooling.modes.join(" + ")}${kinds.map((kind) => `, then ${kind}`).join("")}; only mean or cls with or without Normalize can be asked for`,
    );
  const to = join(temporaryDirectory, `onnx-${name.replaceAll(/\W+/g, "-")}`);
  await writeOnnxDirectory(source, model, to);
  return { directory: to, pooling: mode, normalize: kinds.length > 0, threads };
}

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
