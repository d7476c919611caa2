import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { EspalierError } from "@espalier/core";
import { z } from "zod";
import { readJsonIfThere } from "./json-file.ts";
import { readSafetensors } from "./read-safetensors.ts";
import type { Safetensors, SafetensorsTensor } from "./safetensors.ts";

const WEIGHTS = "model.safetensors";
const INDEX = "model.safetensors.index.json";
const PICKLES = ["pytorch_model.bin", "pytorch_model.bin.index.json"];

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * Reads the weights of a model or module folder: `model.safetensors`, or the shards that
 * `model.safetensors.index.json` lists.
 * @throws {EspalierError} FILE_NOT_FOUND naming the file that is missing, FILE_INVALID, or UNSUPPORTED when there is
 *   only a PyTorch pickle
 */
export async function readWeights(directory: string): Promise<Safetensors> {
  const names = new Set(await readdir(directory).catch(() => []));
  if (names.has(WEIGHTS)) return readSafetensors(join(directory, WEIGHTS));
  const index = await readJsonIfThere(join(directory, INDEX), indexSchema);
  if (index !== undefined) return readShards(directory, index.weight_map);
  const pickle = PICKLES.find((name) => names.has(name));
  if (pickle !== undefined) throw pickleOnly(join(directory, pickle));
  throw new EspalierError(
    "FILE_NOT_FOUND",
    `${join(directory, WEIGHTS)}: no such file, and no ${INDEX} either`,
  );
}

/** The error for weights that exist only as a PyTorch pickle. @param place path or URL of the pickle */
export function pickleOnly(place: string): EspalierError {
  return new EspalierError(
    "UNSUPPORTED",
    `${place}: weights in PyTorch's pickle format are not read, because a pickle can run code; convert the model once with ` +
      `python -c "import sys; from sentence_transformers import SentenceTransformer; SentenceTransformer(sys.argv[1]).save_pretrained(sys.argv[2])" MODEL NEW_DIRECTORY`,
  );
}

async function readShards(
  directory: string,
  weightMap: Readonly<Record<string, string>>,
): Promise<Safetensors> {
  const file = join(directory, INDEX);
  const tensors = new Map<string, SafetensorsTensor>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const shardName of new Set(Object.values(weightMap))) {
    if (!/^[\w.-]+$/.test(shardName) || shardName === "..")
      throw new EspalierError(
        "FILE_INVALID",
        `${file}: shard ${JSON.stringify(shardName)} is not a file name in this folder`,
      );
    const shard = await readSafetensors(join(directory, shardName));
    metadata = shard.metadata;
    for (const [name, tensor] of shard.tensors) {
      const listed = weightMap[name];
      if (listed !== shardName)
        throw new EspalierError(
          "FILE_INVALID",
          `${shard.file}: holds tensor ${JSON.stringify(name)}, which ${INDEX} ${listed === undefined ? "does not list" : `places in ${listed}`}`,
        );
      tensors.set(name, tensor);
    }
  }
  for (const [name, shardName] of Object.entries(weightMap))
    if (!tensors.has(name))
      throw new EspalierError(
        "FILE_INVALID",
        `${join(directory, shardName)}: tensor ${JSON.stringify(name)} is missing, ${INDEX} lists it`,
      );
  return { file, tensors, metadata };
}
