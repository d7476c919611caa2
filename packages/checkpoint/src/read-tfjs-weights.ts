import { dirname, join } from "node:path";
import { EspalierError } from "@espalier/core";
import { z } from "zod";
import { isContainedPath } from "./contained-path.ts";
import { readFully, withFile } from "./file-access.ts";
import { readJson } from "./json-file.ts";

/** A tensor of a TensorFlow.js model, row-major. */
export type TfjsTensor =
  | { dtype: "float32"; shape: readonly number[]; data: Float32Array<ArrayBuffer> }
  | { dtype: "int32"; shape: readonly number[]; data: Int32Array<ArrayBuffer> };

const manifestSchema = z.looseObject({
  weightsManifest: z.array(
    z.looseObject({
      paths: z.array(z.string()),
      weights: z.array(
        z.looseObject({
          name: z.string(),
          shape: z.array(z.int().nonnegative()),
          dtype: z.string(),
          quantization: z.unknown().optional(),
        }),
      ),
    }),
  ),
});
type WeightGroup = z.infer<typeof manifestSchema>["weightsManifest"][number];

/**
 * Reads the weights of a TensorFlow.js model (`model.json` with a `weightsManifest` and its shards). The tensors
 * of a group are views of one buffer that the shards are read into once.
 * @throws {EspalierError} FILE_NOT_FOUND, FILE_INVALID when sizes do not fit, CONFIG_INVALID naming a bad field of the
 *   manifest, UNSUPPORTED for quantized weights or a dtype besides float32 and int32
 */
export async function readTfjsWeights(modelJsonPath: string): Promise<Map<string, TfjsTensor>> {
  const { weightsManifest } = await readJson(modelJsonPath, manifestSchema);
  const tensors = new Map<string, TfjsTensor>();
  for (const group of weightsManifest) {
    const needed = group.weights.reduce((sum, w) => sum + checkedSize(w, modelJsonPath) * 4, 0);
    const buffer = await readShards(modelJsonPath, group.paths, needed);
    let offset = 0;
    for (const weight of group.weights) {
      if (tensors.has(weight.name))
        throw new EspalierError(
          "FILE_INVALID",
          `${modelJsonPath}: weight ${JSON.stringify(weight.name)} occurs twice`,
        );
      const { shape, name } = weight;
      const size = product(shape);
      tensors.set(
        name,
        weight.dtype === "float32"
          ? { dtype: "float32", shape, data: new Float32Array(buffer, offset, size) }
          : { dtype: "int32", shape, data: new Int32Array(buffer, offset, size) },
      );
      offset += size * 4;
    }
  }
  return tensors;
}

/** Number of elements; every supported dtype has 4 bytes. */
function checkedSize(weight: WeightGroup["weights"][number], file: string): number {
  const place = `${file}: weight ${JSON.stringify(weight.name)}`;
  if (weight.quantization !== undefined)
    throw new EspalierError("UNSUPPORTED", `${place}: quantized weights are not supported`);
  if (weight.dtype !== "float32" && weight.dtype !== "int32")
    throw new EspalierError(
      "UNSUPPORTED",
      `${place}: dtype ${JSON.stringify(weight.dtype)} is not one of float32, int32`,
    );
  return product(weight.shape);
}

async function readShards(
  modelJsonPath: string,
  paths: readonly string[],
  neededBytes: number,
): Promise<ArrayBuffer> {
  const sizes: number[] = [];
  for (const path of paths) {
    if (!isContainedPath(path))
      throw new EspalierError(
        "FILE_INVALID",
        `${modelJsonPath}: shard ${JSON.stringify(path)} is not inside the model's folder`,
      );
    sizes.push(await withFile(shardPath(modelJsonPath, path), async (_, size) => size));
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== neededBytes)
    throw new EspalierError(
      "FILE_INVALID",
      `${modelJsonPath}: the weights need ${neededBytes} bytes, the shards ${paths.join(", ")} hold ${total}`,
    );
  const buffer = new ArrayBuffer(total);
  let offset = 0;
  for (const [i, path] of paths.entries()) {
    const into = new Uint8Array(buffer, offset, sizes[i]);
    const file = shardPath(modelJsonPath, path);
    await withFile(file, (handle) => readFully(handle, { path: file, position: 0, into }));
    offset += into.length;
  }
  return buffer;
}

function shardPath(modelJsonPath: string, path: string): string {
  return join(dirname(modelJsonPath), path);
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}
