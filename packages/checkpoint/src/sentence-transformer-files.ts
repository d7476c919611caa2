import { EspalierError } from "@espalier/core";
import { torchActivations } from "./dense-activation.ts";
import { type SafetensorsEntries, safetensorsParts } from "./encode-safetensors.ts";
import { type ModelCard, modelCard } from "./model-card.ts";
import {
  type DenseModule,
  type LayerNormModule,
  type ModelModule,
  POOLING_MODES,
  type PoolingModule,
  type VectorModule,
} from "./model-module.ts";
import { moduleType } from "./module-list.ts";
import type { EncodeSettings } from "./read-encode-settings.ts";
import { legacyPoolingKeys } from "./read-pooling.ts";
import { type WholeFloats, writeWholeFloats } from "./whole-floats.ts";
import type { DirectoryFile } from "./write-directory-atomic.ts";

/** A sentence transformer to be saved. */
export interface SentenceTransformerContent extends Partial<EncodeSettings> {
  /** Content of `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Which of its numbers are written as floats although they are whole. Default none. */
  readonly wholeFloats?: WholeFloats | undefined;
  /** Content of `model.safetensors`, Hugging Face names. */
  readonly weights: SafetensorsEntries;
  readonly pooling: PoolingModule;
  /** What works on the sentence vector, in order. Default none. */
  readonly vectorModules?: readonly VectorModule[];
  /** `max_seq_length`; left to the tokenizer when undefined. */
  readonly maxLengthTokens?: number;
  /** Default false. */
  readonly doLowerCase?: boolean;
  /** `Tokenizer.files()` */
  readonly tokenizerFiles: ReadonlyArray<{ readonly name: string; readonly bytes: Uint8Array }>;
  readonly card?: ModelCard;
}

/**
 * The files of a sentence-transformers directory, in the layout that every release reads: module types and
 * pooling booleans of before 5.4. Only poolings concatenated in another order than the booleans can
 * say are written in the newer form (`pooling_mode` as a list, read since 5.4).
 * @returns for `writeDirectoryAtomic`
 * @throws {EspalierError} SHAPE_MISMATCH when a tensor or module does not fit its sizes
 */
export function sentenceTransformerFiles(content: SentenceTransformerContent): DirectoryFile[] {
  const vectorModules = content.vectorModules ?? [];
  const modules: ModelModule[] = [
    { kind: "Transformer", path: "" },
    content.pooling,
    ...vectorModules,
  ];
  checkSizes(content.pooling, vectorModules);
  return [
    json("modules.json", modules.map(moduleLine)),
    json("config.json", content.config, content.wholeFloats),
    { path: "model.safetensors", bytes: safetensorsParts(content.weights) },
    json("sentence_bert_config.json", {
      max_seq_length: content.maxLengthTokens ?? null,
      do_lower_case: content.doLowerCase ?? false,
    }),
    json("config_sentence_transformers.json", encodeSettings(content)),
    json("1_Pooling/config.json", poolingConfig(content.pooling)),
    ...vectorModules.flatMap((module, i) => vectorModuleFiles(module, folderOf(module, i + 2))),
    ...content.tokenizerFiles.map(({ name, bytes }) => ({ path: name, bytes })),
    { path: "README.md", bytes: modelCard(content.card) },
  ];
}

function json(path: string, value: unknown, wholeFloats: WholeFloats = new Set()): DirectoryFile {
  return { path, bytes: `${writeWholeFloats(JSON.stringify(value, null, 2), wholeFloats)}\n` };
}

function moduleLine(module: ModelModule, idx: number): Record<string, unknown> {
  const path = module.kind === "Transformer" ? "" : folderOf(module, idx);
  return { idx, name: String(idx), path, type: moduleType(module.kind) };
}

function folderOf(module: ModelModule, idx: number): string {
  return `${idx}_${module.kind}`;
}

function encodeSettings(content: SentenceTransformerContent): Record<string, unknown> {
  return {
    model_type: "SentenceTransformer",
    prompts: content.prompts ?? {},
    default_prompt_name: content.defaultPromptName ?? null,
    similarity_fn_name: content.similarity ?? "cosine",
    ...(content.truncateDimension === undefined ? {} : { truncate_dim: content.truncateDimension }),
  };
}

function poolingConfig({ dimension, modes, includePrompt }: PoolingModule): object {
  const inOrder = POOLING_MODES.filter((mode) => modes.includes(mode));
  if (inOrder.join() !== modes.join())
    return { embedding_dimension: dimension, pooling_mode: modes, include_prompt: includePrompt };
  const flags = POOLING_MODES.map((mode) => [legacyPoolingKeys[mode], modes.includes(mode)]);
  return {
    word_embedding_dimension: dimension,
    ...Object.fromEntries(flags),
    include_prompt: includePrompt,
  };
}

function vectorModuleFiles(module: VectorModule, folder: string): DirectoryFile[] {
  switch (module.kind) {
    case "Dense":
      return denseFiles(module, folder);
    case "LayerNorm":
      return layerNormFiles(module, folder);
    case "Normalize":
      return [json(`${folder}/config.json`, {})];
  }
}

function denseFiles(module: DenseModule, folder: string): DirectoryFile[] {
  const { inputSize, outputSize, bias } = module;
  const config = {
    in_features: inputSize,
    out_features: outputSize,
    bias: bias !== undefined,
    activation_function: torchActivations[module.activation],
  };
  const tensors = {
    "linear.weight": float32([outputSize, inputSize], module.weight),
    ...(bias === undefined ? {} : { "linear.bias": float32([outputSize], bias) }),
  };
  return [
    json(`${folder}/config.json`, config),
    { path: `${folder}/model.safetensors`, bytes: safetensorsParts(tensors) },
  ];
}

function layerNormFiles(module: LayerNormModule, folder: string): DirectoryFile[] {
  const shape = [module.dimension];
  const tensors = {
    "norm.weight": float32(shape, module.weight),
    "norm.bias": float32(shape, module.bias),
  };
  return [
    json(`${folder}/config.json`, { dimension: module.dimension }),
    { path: `${folder}/model.safetensors`, bytes: safetensorsParts(tensors) },
  ];
}

function float32(
  shape: readonly number[],
  data: Float32Array,
): { dtype: "F32"; shape: readonly number[]; data: Float32Array<ArrayBuffer> } {
  return { dtype: "F32", shape, data: data as Float32Array<ArrayBuffer> };
}

function checkSizes(pooling: PoolingModule, vectorModules: readonly VectorModule[]): void {
  let dimension = pooling.dimension * pooling.modes.length;
  for (const [i, module] of vectorModules.entries()) {
    const takes =
      module.kind === "Dense"
        ? module.inputSize
        : module.kind === "LayerNorm"
          ? module.dimension
          : dimension;
    if (takes !== dimension)
      throw new EspalierError(
        "SHAPE_MISMATCH",
        `${folderOf(module, i + 2)} takes vectors of size ${takes}, but the module before gives ${dimension}`,
      );
    if (module.kind === "Dense") dimension = module.outputSize;
  }
}
