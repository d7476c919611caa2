import { EspalierError } from "@espalier/core";
import type { PreTrainedTokenizer } from "@xenova/transformers/src/tokenizers.js";
import type { Encoding, TextInput } from "../encoding.ts";
import { compileModel } from "../models/compile-model.ts";
import { rememberWords } from "../models/token-model.ts";
import { compileNormalizer } from "../normalizers/compile-normalizer.ts";
import { compilePreTokenizer } from "../pre-tokenizers/compile-pre-tokenizer.ts";
import { truncateLongestFirst } from "../truncate-longest-first.ts";
import { wellFormed } from "../unicode/well-formed.ts";
import { splitAtAddedTokens } from "./added-tokens.ts";
import { autoTokenizer } from "./auto-tokenizer.ts";
import { specialTokenName } from "./special-token-name.ts";
import { compileTemplate, fillTemplate, specialTokenCount } from "./template.ts";
import type { TokenizerFiles } from "./tokenizer-files.ts";
import { upgradeDefinition } from "./upgrade-definition.ts";

/** The tokenizer of a pretrained model, without a limit of its own. */
export interface PretrainedTokenizer {
  readonly vocabSize: number;
  readonly padId: number;
  /** Special tokens around one text, and around a pair. */
  readonly specialTokens: { readonly single: number; readonly pair: number };
  /** @param limit tokens with the special ones, at least as many as these */
  encode(text: TextInput, limit: number): Encoding;
}

/**
 * Puts a tokenizer together from its files. `AutoTokenizer` of `@xenova/transformers` loads them and supplies the table of token
 * ids and the added tokens. The steps from text to tokens are our own, because there the library's ids differ from those of
 * Hugging Face tokenizers (accents, controls, ideographs beyond the BMP, "ς", `lstrip`, precompiled tables, digits, truncation).
 * @throws {EspalierError} UNSUPPORTED for an unknown part, FILE_INVALID for bad values
 */
export async function pretrainedTokenizer(files: TokenizerFiles): Promise<PretrainedTokenizer> {
  const definition = upgradeDefinition(files.definition, files.config);
  const normalize = compileNormalizer(definition.get("normalizer"));
  const template = compileTemplate(definition.get("post_processor"));
  const { model } = compileModel(definition.get("model"));
  const splitWords = compilePreTokenizer(definition.get("pre_tokenizer"));
  const library = await autoTokenizer(files, definition);
  const { spell } = splitWords;
  const words = rememberWords(
    spell === undefined ? model : { tokenize: (word) => model.tokenize(spell(word)) },
  );
  const added = library.added_tokens.map((token) => ({
    id: token.id,
    content: token.content,
    singleWord: token.single_word,
    lstrip: token.lstrip,
    rstrip: token.rstrip,
    normalized: token.normalized ?? !token.special,
  }));
  const segments = splitAtAddedTokens(added, normalize);
  /** Ids of a text, up to the word with which there are `enough`. */
  const idsOf = (text: string, enough: number): number[] => {
    const ids: number[] = [];
    for (const segment of segments(wellFormed(text))) {
      if ("token" in segment) {
        ids.push(segment.token);
        continue;
      }
      if (segment.text === "") continue;
      for (const word of splitWords.split(segment.text, segment.atStart)) {
        for (const id of words.tokenize(word)) ids.push(id);
        if (ids.length >= enough) return ids;
      }
    }
    return ids;
  };
  const specialTokens = {
    single: specialTokenCount(template.single),
    pair: specialTokenCount(template.pair),
  };
  return {
    vocabSize: vocabularySize(library),
    padId: padId(files, library),
    specialTokens,
    encode(text, limit) {
      if (typeof text === "string") {
        const room = limit - specialTokens.single;
        const ids = idsOf(text, room);
        return fillTemplate(template.single, { A: ids.slice(0, room), B: [] });
      }
      // Both end with the word that reaches the limit, as in tokenizers 0.23.2: of two longer texts, that decides which one gets
      // an odd token.
      const a = idsOf(text[0], limit);
      const b = idsOf(text[1], limit);
      const [keepA, keepB] = truncateLongestFirst([a.length, b.length], limit - specialTokens.pair);
      return fillTemplate(template.pair, { A: a.slice(0, keepA), B: b.slice(0, keepB) });
    },
  };
}

/** One more than the largest id: rows that an embedding table needs. */
function vocabularySize({ model }: PreTrainedTokenizer): number {
  let largest = -1;
  for (const id of model.tokens_to_ids.values()) largest = Math.max(largest, id);
  return largest + 1;
}

/** @throws {EspalierError} FILE_INVALID when the padding token that is named is not in the vocabulary */
function padId(files: TokenizerFiles, { model }: PreTrainedTokenizer): number {
  for (const source of [files.config, files.specialTokens]) {
    const name = specialTokenName(source, "pad_token");
    if (name === undefined) continue;
    const id = model.tokens_to_ids.get(name);
    if (id !== undefined) return id;
    throw new EspalierError(
      "FILE_INVALID",
      `${source.place}: pad_token "${name}" is not in the vocabulary`,
    );
  }
  const usual = ["[PAD]", "<pad>"].map((name) => model.tokens_to_ids.get(name));
  return usual.find((id) => id !== undefined) ?? 0;
}
