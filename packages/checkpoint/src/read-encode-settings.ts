import { didYouMean, EspalierError } from "@espalier/core";
import { z } from "zod";
import { readJsonIfThere } from "./json-file.ts";
import { SIMILARITIES, type Similarity } from "./model-module.ts";

/** How a model's texts are to be encoded and its vectors compared: `config_sentence_transformers.json`. */
export interface EncodeSettings {
  /** Text put in front, by name. */
  readonly prompts: Readonly<Record<string, string>>;
  /** The prompt used when none is asked for. */
  readonly defaultPromptName?: string;
  /** Default cosine. */
  readonly similarity: Similarity;
  /** Keep only the first dimensions of a vector, after all modules. */
  readonly truncateDimension?: number;
}

const settingsSchema = z.strictObject({
  __version__: z.unknown().optional(),
  model_type: z.string().nullish(),
  prompts: z.record(z.string(), z.string().nullable()).nullish(),
  default_prompt_name: z.string().nullish(),
  similarity_fn_name: z.string().nullish(),
  truncate_dim: z.int().positive().nullish(),
  requirements: z.unknown().optional(),
});

/**
 * Reads `config_sentence_transformers.json`; without the file all settings have their defaults.
 * @throws {EspalierError} FILE_INVALID, CONFIG_INVALID for an unknown or bad field, UNSUPPORTED for another kind of model
 *   or an unknown similarity, NAME_UNKNOWN when the default prompt is not among the prompts
 */
export async function readEncodeSettings(file: string): Promise<EncodeSettings> {
  const config = await readJsonIfThere(file, settingsSchema);
  const kind = config?.model_type ?? "SentenceTransformer";
  if (kind !== "SentenceTransformer")
    throw new EspalierError(
      "UNSUPPORTED",
      `${file}: model_type ${JSON.stringify(kind)} is not supported, expected "SentenceTransformer"`,
    );
  const prompts: Record<string, string> = {};
  for (const [name, text] of Object.entries(config?.prompts ?? {}))
    if (text !== null) prompts[name] = text;
  const defaultPromptName = config?.default_prompt_name ?? undefined;
  if (defaultPromptName !== undefined && !Object.hasOwn(prompts, defaultPromptName))
    throw new EspalierError(
      "NAME_UNKNOWN",
      `${file}: default_prompt_name ${JSON.stringify(defaultPromptName)} is not one of the prompts ${Object.keys(prompts).join(", ")}${didYouMean(defaultPromptName, Object.keys(prompts))}`,
    );
  return {
    prompts,
    similarity: knownSimilarity(config?.similarity_fn_name ?? "cosine", file),
    ...(defaultPromptName === undefined ? {} : { defaultPromptName }),
    ...(typeof config?.truncate_dim === "number" ? { truncateDimension: config.truncate_dim } : {}),
  };
}

function knownSimilarity(name: string, file: string): Similarity {
  const similarity = SIMILARITIES.find((known) => known === name);
  if (similarity === undefined)
    throw new EspalierError(
      "UNSUPPORTED",
      `${file}: similarity_fn_name ${JSON.stringify(name)} is not one of ${SIMILARITIES.join(", ")}`,
    );
  return similarity;
}
