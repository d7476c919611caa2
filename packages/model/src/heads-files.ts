import {
  type DirectoryFile,
  encodeSafetensors,
  type SafetensorsTensor,
} from "@espalier/checkpoint";
import type { HeadConfig } from "@espalier/heads";
import type { TaskHead } from "./task-head.ts";

/** `heads/heads.json`: which tasks a saved model has. */
interface HeadsConfig {
  readonly version: typeof HEADS_VERSION;
  /** Size of the sentence vectors the heads read. */
  readonly dimension: number;
  /** A list, so that the order holds whatever the names are. */
  readonly tasks: readonly { readonly name: string; readonly head: HeadConfig }[];
}

/** Raised when a change makes older versions misread the files. */
export const HEADS_VERSION = 1;
export const HEADS_CONFIG = "heads/heads.json";
export const HEADS_WEIGHTS = "heads/heads.safetensors";

/** The files of the heads, for a model directory. They are no module of `modules.json`, so Python opens it as before. */
export async function headsFiles(
  heads: readonly TaskHead[],
  dimension: number,
): Promise<DirectoryFile[]> {
  const config: HeadsConfig = {
    version: HEADS_VERSION,
    dimension,
    tasks: heads.map(({ task, head }) => ({ name: task, head: head.config })),
  };
  const tensors: Record<string, SafetensorsTensor> = {};
  for (const { parameters } of heads)
    for (const { path, variable } of parameters.entries())
      tensors[path.name] = {
        dtype: "F32",
        shape: variable.shape,
        data: Float32Array.from(await variable.data<"float32">()),
      };
  return [
    { path: HEADS_CONFIG, bytes: `${JSON.stringify(config, null, 2)}\n` },
    { path: HEADS_WEIGHTS, bytes: encodeSafetensors(tensors) },
  ];
}
