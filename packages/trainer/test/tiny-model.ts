import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, type SafetensorsTensor } from "@espalier/checkpoint";
import { SentenceTransformer } from "@espalier/encoder";
import { type ClassificationHead, classification } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import type { Encoding } from "@espalier/tokenizer";

/** A larger set of the same layout can be checked by naming its folder. */
export const FIXTURES: string =
  process.env.ESPALIER_TRAINING_GOLDENS ?? join(import.meta.dirname, "fixtures");

export type Tensors = ReadonlyMap<string, SafetensorsTensor>;

/** A trunk of two layers with random weights and two heads, `a` with three labels and `b` with two. */
export type TinyModel = MultiTaskModel<{
  readonly a: ClassificationHead<"0" | "1" | "2">;
  readonly b: ClassificationHead<"0" | "1">;
}>;

export type Architecture = "tiny-distilbert" | "tiny-bert";

/** @param options.dropout of trunk and heads, default none; the fixtures' own trunks have none */
export async function tinyModel(
  architecture: Architecture,
  options: { dropout?: number; seed?: number } = {},
): Promise<TinyModel> {
  const { dropout = 0, seed = 1 } = options;
  return new MultiTaskModel(
    await tinyEncoder(join(FIXTURES, architecture, "encoder"), dropout),
    {
      a: classification(["0", "1", "2"], { dropout }),
      b: classification(["0", "1"], { dropout }),
    },
    { seed },
  );
}

async function tinyEncoder(directory: string, dropout: number): Promise<SentenceTransformer> {
  const pooling = "cls";
  if (dropout === 0) return SentenceTransformer.load(directory, { pooling });
  const copy = await mkdtemp(join(tmpdir(), "espalier-trainer-"));
  try {
    await cp(directory, copy, { recursive: true });
    const file = join(copy, "config.json");
    const config = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    for (const key of Object.keys(config).filter((key) =>
      /^(hidden_|attention_|attention_probs_)?dropout(_prob)?$/.test(key),
    ))
      config[key] = dropout;
    await rm(file);
    await writeFile(file, JSON.stringify(config));
    return await SentenceTransformer.load(copy, { pooling });
  } finally {
    await rm(copy, { recursive: true });
  }
}

export async function readTensors(...path: string[]): Promise<Tensors> {
  return (await readSafetensors(join(FIXTURES, ...path))).tensors;
}

/** The texts of a padded batch. @param ids I64 `[B, S]` */
export function encodingsOf(tensors: Tensors, batch: string): Encoding[] {
  const ids = integers(tensors, `${batch}.input_ids`);
  const mask = integers(tensors, `${batch}.attention_mask`);
  const [rows = 0, width = 0] = tensors.get(`${batch}.input_ids`)?.shape ?? [];
  return Array.from({ length: rows }, (_, row) => {
    const length = mask.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b, 0);
    return { ids: ids.slice(row * width, row * width + length) };
  });
}

export function integers(tensors: Tensors, name: string): Int32Array {
  return Int32Array.from(tensors.get(name)?.data as BigInt64Array, Number);
}

export function floats(tensors: Tensors, name: string): Float32Array {
  return tensors.get(name)?.data as Float32Array;
}
