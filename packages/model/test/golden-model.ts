import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readFloat32, readInt32, readSafetensors } from "@espalier/checkpoint";
import { type PackedBatch, SentenceTransformer } from "@espalier/encoder";
import {
  type ClassificationHead,
  type ClassificationOptions,
  classification,
} from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import * as tf from "@tensorflow/tfjs-core";

export type Architecture = "tiny-bert" | "tiny-distilbert";

export interface GoldenCase {
  labels: "full" | "partial";
  tasks: { a?: number; b?: number };
  losses: { a?: number; b?: number };
  loss: number;
  class_weights?: { a: number[]; b: number[] };
  label_smoothing?: number;
}

interface Tolerance {
  atol: number;
  rtol: number;
}

interface GoldenFile {
  maxLengthTokens: number;
  texts: string[];
  cases: Record<string, GoldenCase>;
  tolerance: { loss: Tolerance; gradients: Tolerance };
}

export type GoldenTasks = {
  a: ClassificationHead<"x" | "y" | "z">;
  b: ClassificationHead<"no" | "yes">;
};

export const directoryOf = (architecture: Architecture): string =>
  fileURLToPath(new URL(`fixtures/${architecture}`, import.meta.url));

/** What PyTorch computed with a checkpoint of the fixtures. */
export async function readGolden(architecture: Architecture) {
  const directory = directoryOf(architecture);
  const file = JSON.parse(await readFile(`${directory}/golden.json`, "utf8")) as GoldenFile;
  const tensors = await readSafetensors(`${directory}/golden.safetensors`);
  return {
    ...file,
    names: [...tensors.tensors.keys()],
    floats: (name: string) => readFloat32(tensors, name),
    integers: (name: string) => readInt32(tensors, name),
    /** int32 `[B]`, -1 = unlabelled */
    targets: (task: "a" | "b", labels: GoldenCase["labels"]) =>
      readInt32(tensors, `batch.labels_${task}.${labels}`).map((label) => Math.max(label, -1)),
  };
}

export type Golden = Awaited<ReturnType<typeof readGolden>>;

/** The model PyTorch ran: the checkpoint with CLS pooling and the heads with their first values. */
export async function goldenModel(
  architecture: Architecture,
  golden: Golden,
  options: { a?: ClassificationOptions; b?: ClassificationOptions } = {},
): Promise<MultiTaskModel<GoldenTasks>> {
  const encoder = await SentenceTransformer.load(`${directoryOf(architecture)}/encoder`, {
    pooling: "cls",
    maxLengthTokens: golden.maxLengthTokens,
  });
  const tasks = {
    a: classification(["x", "y", "z"], { dropout: 0, ...options.a }),
    b: classification(["no", "yes"], { dropout: 0, ...options.b }),
  };
  const model = new MultiTaskModel(encoder, tasks, { seed: 1 });
  for (const { path, variable } of model.parameters()) {
    if (path.group !== "head") continue;
    const name = path.name.replace("heads.", "init.classifier_");
    assign(variable, golden.floats(name));
  }
  return model;
}

export function batchOf(
  { encoder }: { readonly encoder: SentenceTransformer },
  texts: readonly string[],
): PackedBatch {
  return encoder.collate(texts.map((text) => encoder.tokenize(text)));
}

/** PyTorch's name of a parameter. */
export function torchName(name: string): string {
  return name.startsWith("heads.") ? name.replace("heads.", "classifier_") : `encoder.${name}`;
}

function assign(variable: tf.Variable, values: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
}

/** The largest excess over `atol + rtol · |expected|`; at most 0 when every element agrees. */
export function excess(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { atol, rtol }: Tolerance,
): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = -Infinity;
  for (let i = 0; i < actual.length; i++) {
    const value = expected[i] as number;
    const over = Math.abs((actual[i] as number) - value) - (atol + rtol * Math.abs(value));
    worst = Math.max(worst, Number.isNaN(over) ? Infinity : over);
  }
  return worst;
}
