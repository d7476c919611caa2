import { EspalierError } from "@espalier/core";
import { limitOf } from "./limit.ts";
import { pretrainedTokenizer } from "./pretrained/pretrained-tokenizer.ts";
import { readTokenizerFiles, type TokenizerFiles } from "./pretrained/tokenizer-files.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { readUnigram } from "./unigram-files.ts";
import { createUnigramTokenizer } from "./unigram-tokenizer.ts";

export interface LoadTokenizerOptions {
  /**
   * Longest encoding in tokens, special tokens included. Default: `model_max_length` of tokenizer_config.json, or 512 where there
   * is none (files of models without one say 1e30).
   */
  readonly maxLengthTokens?: number;
}

const DEFAULT_LENGTH = 512;
/** A larger `model_max_length` stands for "no limit". */
const LARGEST_SENSIBLE_LENGTH = 1_000_000;

/**
 * Loads the tokenizer of a model directory, never from the network: tokenizer.json (of any age) or a vocab.txt (BERT), with
 * tokenizer_config.json and special_tokens_map.json where they are. Padding and truncation written into tokenizer.json play no
 * part. Ids are those of Hugging Face tokenizers; see the README for what is covered.
 * @throws {EspalierError} FILE_NOT_FOUND or FILE_INVALID naming the file; UNSUPPORTED naming the part of tokenizer.json that is
 *   not known; CONFIG_INVALID for a limit that leaves no room for the special tokens
 */
export async function loadTokenizer(
  directory: string,
  options: LoadTokenizerOptions = {},
): Promise<Tokenizer> {
  const files = await readTokenizerFiles(directory);
  const maxLengthTokens = options.maxLengthTokens ?? declaredLength(files);
  const definition = readUnigram(files);
  if (definition !== undefined) return createUnigramTokenizer({ ...definition, maxLengthTokens });
  const pretrained = await pretrainedTokenizer(files);
  const { single, pair } = pretrained.specialTokens;
  if (!Number.isInteger(maxLengthTokens) || maxLengthTokens < single) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `maxLengthTokens is ${maxLengthTokens}, expected a whole number from ${single}: the special tokens`,
    );
  }
  const encode: Tokenizer["encode"] = (text, call) => {
    const least = typeof text === "string" ? single : pair;
    return pretrained.encode(
      text,
      limitOf(call?.maxLengthTokens, { least, most: maxLengthTokens }),
    );
  };
  return {
    vocabSize: pretrained.vocabSize,
    padId: pretrained.padId,
    maxLengthTokens,
    encode,
    encodeBatch: (texts, call) => texts.map((text) => encode(text, call)),
    files: () => files.saved,
  };
}

function declaredLength({ config }: TokenizerFiles): number {
  const declared = config.get("model_max_length");
  if (!declared.exists) return DEFAULT_LENGTH;
  const length = declared.number();
  return length <= LARGEST_SENSIBLE_LENGTH ? declared.count() : DEFAULT_LENGTH;
}
