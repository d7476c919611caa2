import { join } from "node:path";
import { EspalierError } from "@espalier/core";
import { z } from "zod";
import { denseActivation } from "./dense-activation.ts";
import { readJson, readJsonIfThere } from "./json-file.ts";
import type {
  DenseModule,
  LayerNormModule,
  NormalizeModule,
  VectorModule,
} from "./model-module.ts";
import { readFloat32 } from "./read-float32.ts";
import { readWeights } from "./read-weights.ts";

/**
 * Reads the folder of a module behind the pooling.
 * @throws {EspalierError} FILE_NOT_FOUND, FILE_INVALID, CONFIG_INVALID for an unknown or bad field, UNSUPPORTED
 */
export function readVectorModule(
  kind: VectorModule["kind"],
  folder: string,
): Promise<VectorModule> {
  switch (kind) {
    case "Dense":
      return readDense(folder);
    case "LayerNorm":
      return readLayerNorm(folder);
    case "Normalize":
      return readNormalize(folder);
  }
}

/** Modules name what they read and write; here every module works on the sentence vector. */
const onSentenceVector = {
  module_input_name: z.string().nullish(),
  module_output_name: z.string().nullish(),
};

const size = z.int().positive();
const denseSchema = z.strictObject({
  in_features: size,
  out_features: size,
  bias: z.boolean().optional(),
  activation_function: z.string().optional(),
  use_residual: z.boolean().optional(),
  ...onSentenceVector,
});

async function readDense(folder: string): Promise<DenseModule> {
  const file = join(folder, "config.json");
  const config = await readJson(file, denseSchema);
  refuseOtherNames(config, file);
  if (config.use_residual === true)
    throw new EspalierError("UNSUPPORTED", `${file}: use_residual true is not supported`);
  const { in_features: inputSize, out_features: outputSize } = config;
  const activation = denseActivation(config.activation_function, file);
  const weights = await readWeights(folder);
  const hasBias = config.bias ?? true;
  refuseOtherTensors(weights, hasBias ? ["linear.weight", "linear.bias"] : ["linear.weight"]);
  return {
    kind: "Dense",
    inputSize,
    outputSize,
    activation,
    weight: readFloat32(weights, "linear.weight", [outputSize, inputSize]),
    ...(hasBias ? { bias: readFloat32(weights, "linear.bias", [outputSize]) } : {}),
  };
}

const layerNormSchema = z.strictObject({ dimension: size });

async function readLayerNorm(folder: string): Promise<LayerNormModule> {
  const { dimension } = await readJson(join(folder, "config.json"), layerNormSchema);
  const weights = await readWeights(folder);
  refuseOtherTensors(weights, ["norm.weight", "norm.bias"]);
  return {
    kind: "LayerNorm",
    dimension,
    weight: readFloat32(weights, "norm.weight", [dimension]),
    bias: readFloat32(weights, "norm.bias", [dimension]),
  };
}

const normalizeSchema = z.strictObject(onSentenceVector);

async function readNormalize(folder: string): Promise<NormalizeModule> {
  // Older releases wrote an empty folder, which git does not keep.
  const file = join(folder, "config.json");
  refuseOtherNames((await readJsonIfThere(file, normalizeSchema)) ?? {}, file);
  return { kind: "Normalize" };
}

function refuseOtherNames(config: z.infer<typeof normalizeSchema>, file: string): void {
  for (const key of ["module_input_name", "module_output_name"] as const)
    if ((config[key] ?? "sentence_embedding") !== "sentence_embedding")
      throw new EspalierError(
        "UNSUPPORTED",
        `${file}: ${key} ${JSON.stringify(config[key])} is not supported, expected "sentence_embedding"`,
      );
}

function refuseOtherTensors(
  weights: Awaited<ReturnType<typeof readWeights>>,
  known: readonly string[],
): void {
  for (const name of weights.tensors.keys())
    if (!known.includes(name))
      throw new EspalierError(
        "FILE_INVALID",
        `${weights.file}: unexpected tensor ${JSON.stringify(name)}, the configuration asks for ${known.join(", ")}`,
      );
}
