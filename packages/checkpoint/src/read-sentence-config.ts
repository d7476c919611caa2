import { join } from "node:path";
import { EspalierError } from "@espalier/core";
import { z } from "zod";
import { readJsonIfThere } from "./json-file.ts";

/** What `sentence_bert_config.json` says about the text in front of the transformer. */
export interface SentenceConfig {
  /** Longest sequence in tokens, special tokens included; undefined when the file does not say. */
  readonly maxLengthTokens?: number;
  /** Lowercase the text whatever the tokenizer does. */
  readonly doLowerCase: boolean;
}

/** The names that releases before 0.3 used besides. */
const FILES = [
  "sentence_bert_config.json",
  "sentence_roberta_config.json",
  "sentence_distilbert_config.json",
  "sentence_camembert_config.json",
  "sentence_albert_config.json",
  "sentence_xlm-roberta_config.json",
  "sentence_xlnet_config.json",
];

const anyRecord = z.record(z.string(), z.unknown()).nullish();
const sentenceSchema = z.strictObject({
  max_seq_length: z.int().positive().nullish(),
  do_lower_case: z.boolean().nullish(),
  transformer_task: z.string().optional(),
  modality_config: anyRecord,
  module_output_name: z.string().nullish(),
  processing_kwargs: anyRecord,
  unpad_inputs: z.boolean().nullish(),
  query_length: z.int().nullish(),
  document_length: z.int().nullish(),
  query_expansion: z.unknown().optional(),
  tokenizer_name_or_path: z.string().nullish(),
  model_args: anyRecord,
  model_kwargs: anyRecord,
  tokenizer_args: anyRecord,
  processor_kwargs: anyRecord,
  config_args: anyRecord,
  config_kwargs: anyRecord,
});

/** Arguments for Python's loaders that leave the numbers as they are. */
const HARMLESS_ARGUMENTS = [
  "trust_remote_code",
  "attn_implementation",
  "add_pooling_layer",
  "use_fast",
];

/** What the fields of newer releases have to be: a plain text encoder whose token states are pooled. */
const TEXT_ENCODER = {
  transformer_task: "feature-extraction",
  module_output_name: "token_embeddings",
  "modality_config.text": { method: "forward", method_output_name: "last_hidden_state" },
};

/**
 * Reads the first `sentence_*_config.json` of a folder; without any, everything is left to the tokenizer.
 * @throws {EspalierError} FILE_INVALID, CONFIG_INVALID for an unknown or bad field, UNSUPPORTED for a field that would
 *   change the vectors in a way that is not implemented
 */
export async function readSentenceConfig(folder: string): Promise<SentenceConfig> {
  for (const name of FILES) {
    const file = join(folder, name);
    const config = await readJsonIfThere(file, sentenceSchema);
    if (config === undefined) continue;
    refuseOtherMeaning(config, file);
    return {
      doLowerCase: config.do_lower_case ?? false,
      ...(typeof config.max_seq_length === "number"
        ? { maxLengthTokens: config.max_seq_length }
        : {}),
    };
  }
  return { doLowerCase: false };
}

function refuseOtherMeaning(config: z.infer<typeof sentenceSchema>, file: string): void {
  const given: Record<string, unknown> = {
    ...config,
    "modality_config.text": config.modality_config?.text,
  };
  for (const [field, expected] of Object.entries(TEXT_ENCODER))
    if (given[field] != null && !sameJson(given[field], expected))
      throw unsupported(
        file,
        field,
        `${JSON.stringify(given[field])}, expected ${JSON.stringify(expected)}`,
      );
  if (config.modality_config != null && given["modality_config.text"] == null)
    throw unsupported(file, "modality_config", "has no text");
  for (const field of [
    "query_length",
    "document_length",
    "query_expansion",
    "tokenizer_name_or_path",
  ])
    if (given[field] != null) throw unsupported(file, field, JSON.stringify(given[field]));
  for (const field of [
    "processing_kwargs",
    "model_args",
    "model_kwargs",
    "tokenizer_args",
    "processor_kwargs",
    "config_args",
    "config_kwargs",
  ])
    for (const [key, value] of Object.entries((given[field] as object | null | undefined) ?? {}))
      if (!HARMLESS_ARGUMENTS.includes(key))
        throw unsupported(file, `${field}.${key}`, JSON.stringify(value));
}

function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) =>
    sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

function unsupported(file: string, field: string, value: string): EspalierError {
  return new EspalierError("UNSUPPORTED", `${file}: ${field} ${value} is not supported`);
}
