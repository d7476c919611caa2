import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { EspalierError } from "@espalier/core";
import { z } from "zod";
import { readJsonAndText, readJsonIfThere } from "./json-file.ts";
import type {
  ModelModule,
  PoolingModule,
  TransformerModule,
  VectorModule,
} from "./model-module.ts";
import { type ModuleEntry, readModuleList } from "./module-list.ts";
import { type EncodeSettings, readEncodeSettings } from "./read-encode-settings.ts";
import { readPooling } from "./read-pooling.ts";
import { readSentenceConfig, type SentenceConfig } from "./read-sentence-config.ts";
import { readVectorModule } from "./read-vector-module.ts";
import { findWholeFloats, type WholeFloats } from "./whole-floats.ts";
import { recoverDirectory } from "./write-directory-atomic.ts";

/** The transformer's `config.json` as it is; only `model_type` is checked here. */
export type ModelConfig = Readonly<Record<string, unknown>> & { readonly model_type: string };

/** Everything a model directory says, the transformer's own weights aside (`readWeights`). */
export interface ModelDirectory extends EncodeSettings {
  /** Absolute path. */
  readonly directory: string;
  /** Where config.json, weights and tokenizer of the transformer are; usually the same. */
  readonly transformerDirectory: string;
  /** No `modules.json`: a plain Hugging Face checkpoint, for which mean pooling is assumed. */
  readonly bare: boolean;
  readonly config: ModelConfig;
  /** What to write config.json with again. */
  readonly wholeFloats: WholeFloats;
  /** Transformer, Pooling, then what works on the sentence vector, in order. */
  readonly modules: readonly [TransformerModule, PoolingModule, ...VectorModule[]];
  /** `modules[1]` */
  readonly pooling: PoolingModule;
  /** The modules behind the pooling. */
  readonly vectorModules: readonly VectorModule[];
  readonly sentenceConfig: SentenceConfig;
  /**
   * Longest sequence in tokens, special tokens included: `max_seq_length` where the model sets it; else the
   * tokenizer's `model_max_length`, at most `max_position_embeddings`. Undefined when nothing says.
   */
  readonly maxLengthTokens?: number;
}

/**
 * Reads a sentence-transformers directory, in the layout of any release, or a plain Hugging Face checkpoint.
 * Anything that would change the vectors and is not understood is refused by name.
 * @throws {EspalierError} FILE_NOT_FOUND, FILE_INVALID (broken content), CONFIG_INVALID (unknown or bad field),
 *   UNSUPPORTED (a module, mode or setting that is not implemented); each names the file
 */
export async function readModelDirectory(directory: string): Promise<ModelDirectory> {
  await recoverDirectory(directory);
  await requireDirectory(directory);
  const list = await readModuleList(join(directory, "modules.json"));
  const transformer: TransformerModule = { kind: "Transformer", path: list?.[0].path ?? "" };
  const transformerDirectory = join(directory, transformer.path);
  const { config, wholeFloats } = await readConfig(transformerDirectory);
  // A bare checkpoint is loaded by Python without a look at the two files either.
  const sentenceConfig =
    list === undefined ? { doLowerCase: false } : await readSentenceConfig(transformerDirectory);
  const settings: EncodeSettings =
    list === undefined
      ? { prompts: {}, similarity: "cosine" }
      : await readEncodeSettings(join(directory, "config_sentence_transformers.json"));
  const [pooling, vectorModules] =
    list === undefined
      ? ([meanPooling(config, transformerDirectory), []] as const)
      : await readModules(directory, list);
  checkDimensions(list, { directory, config, pooling, vectorModules });
  const maxLengthTokens =
    sentenceConfig.maxLengthTokens ?? (await inferMaxLength(transformerDirectory, config));
  return {
    ...settings,
    directory: resolve(directory),
    transformerDirectory: resolve(transformerDirectory),
    bare: list === undefined,
    config,
    wholeFloats,
    modules: [transformer, pooling, ...vectorModules],
    pooling,
    vectorModules,
    sentenceConfig,
    ...(maxLengthTokens === undefined ? {} : { maxLengthTokens }),
  };
}

async function requireDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined)
    throw new EspalierError("FILE_NOT_FOUND", `${directory}: no such model directory`);
  if (!found.isDirectory())
    throw new EspalierError("FILE_INVALID", `${directory}: is a file, expected a model directory`);
}

const configSchema = z.looseObject({ model_type: z.string().min(1) });

async function readConfig(folder: string): Promise<Pick<ModelDirectory, "config" | "wholeFloats">> {
  const adapter = join(folder, "adapter_config.json");
  if (await readJsonIfThere(adapter, z.looseObject({})))
    throw new EspalierError(
      "UNSUPPORTED",
      `${adapter}: adapters are not applied to the weights; merge it into its base model first (peft: merge_and_unload)`,
    );
  const { value, text } = await readJsonAndText(join(folder, "config.json"), configSchema);
  return { config: value, wholeFloats: findWholeFloats(text) };
}

async function readModules(
  directory: string,
  list: readonly [ModuleEntry, ModuleEntry, ...ModuleEntry[]],
): Promise<[PoolingModule, VectorModule[]]> {
  const [, poolingEntry, ...others] = list;
  const pooling = await readPooling(join(directory, poolingEntry.path, "config.json"));
  const vectorModules: VectorModule[] = [];
  for (const { kind, path } of others)
    vectorModules.push(await readVectorModule(kind as VectorModule["kind"], join(directory, path)));
  return [pooling, vectorModules];
}

function meanPooling(config: ModelConfig, folder: string): PoolingModule {
  const dimension = hiddenSize(config);
  if (dimension === undefined)
    throw new EspalierError(
      "CONFIG_INVALID",
      `${join(folder, "config.json")}: hidden_size is missing or no positive integer (${JSON.stringify(config.hidden_size ?? config.dim)})`,
    );
  return { kind: "Pooling", dimension, modes: ["mean"], includePrompt: true };
}

/** `hidden_size`, which DistilBERT calls `dim`. */
function hiddenSize(config: ModelConfig): number | undefined {
  const size = config.hidden_size ?? config.dim;
  return Number.isSafeInteger(size) && (size as number) > 0 ? (size as number) : undefined;
}

function checkDimensions(
  list: readonly ModuleEntry[] | undefined,
  model: {
    directory: string;
    config: ModelConfig;
    pooling: PoolingModule;
    vectorModules: readonly VectorModule[];
  },
): void {
  const { pooling } = model;
  const file = (index: number): string =>
    join(model.directory, list?.[index]?.path ?? "", "config.json");
  const expected = hiddenSize(model.config);
  if (expected !== undefined && expected !== pooling.dimension)
    throw new EspalierError(
      "CONFIG_INVALID",
      `${file(1)}: embedding dimension ${pooling.dimension}, but the transformer's states have ${expected}`,
    );
  let dimension = pooling.dimension * pooling.modes.length;
  for (const [i, module] of model.vectorModules.entries()) {
    const takes = inputSize(module);
    if (takes !== undefined && takes !== dimension)
      throw new EspalierError(
        "CONFIG_INVALID",
        `${file(i + 2)}: ${module.kind} takes vectors of size ${takes}, but the module before gives ${dimension}`,
      );
    if (module.kind === "Dense") dimension = module.outputSize;
  }
}

function inputSize(module: ModelModule): number | undefined {
  if (module.kind === "Dense") return module.inputSize;
  return module.kind === "LayerNorm" ? module.dimension : undefined;
}

const tokenizerSchema = z.looseObject({ model_max_length: z.number().positive().nullish() });

/** sentence-transformers' rule for a model that sets no `max_seq_length`. */
async function inferMaxLength(folder: string, config: ModelConfig): Promise<number | undefined> {
  const file = join(folder, "tokenizer_config.json");
  const declared = (await readJsonIfThere(file, tokenizerSchema))?.model_max_length;
  const positions = config.max_position_embeddings;
  // transformers writes 1e30 for "no limit", XLNet -1.
  const limits = [declared, positions].filter(
    (limit): limit is number => Number.isSafeInteger(limit) && (limit as number) > 0,
  );
  return limits.length === 0 ? undefined : Math.min(...limits);
}
