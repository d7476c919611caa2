import { EspalierError } from "@espalier/core";
import type { TokenizerFiles } from "./pretrained/tokenizer-files.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { UnigramDefinition } from "./unigram-tokenizer.ts";

/** `tokenizer_class` of a saved unigram tokenizer. */
const UNIGRAM_CLASS = "EspalierUnigramTokenizer";
const SPACE = "\u2581";

/**
 * The files of a unigram tokenizer: tokenizer.json in the form of Hugging Face's Unigram model, and a tokenizer_config.json by
 * whose class `loadTokenizer` recognises it. (Programs that read tokenizer.json alone cost unknown code points differently.)
 */
export function unigramFiles(
  definition: Required<UnigramDefinition>,
): ReturnType<Tokenizer["files"]> {
  const { pieces, reserved, normalize, maxLengthTokens } = definition;
  const metaspace = {
    type: "Metaspace",
    replacement: SPACE,
    prepend_scheme: "always",
    split: false,
  };
  return [
    json("tokenizer.json", {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: normalize === "none" ? null : { type: normalize },
      pre_tokenizer: metaspace,
      post_processor: null,
      decoder: metaspace,
      model: { type: "Unigram", unk_id: 0, vocab: pieces, byte_fallback: false },
    }),
    json("tokenizer_config.json", {
      tokenizer_class: UNIGRAM_CLASS,
      model_max_length: maxLengthTokens,
      reserved_pieces: reserved,
    }),
  ];
}

/**
 * Reads what `unigramFiles` wrote.
 * @returns undefined for the files of another kind of tokenizer
 * @throws {EspalierError} FILE_INVALID for bad values
 */
export function readUnigram({ config, definition }: TokenizerFiles): UnigramDefinition | undefined {
  if (config.get("tokenizer_class").value !== UNIGRAM_CLASS) return undefined;
  const vocab = definition.get("model").get("vocab");
  const pieces = vocab.list().map((entry): [string, number | null] => {
    const [piece, score] = entry.list();
    if (piece === undefined || score === undefined) {
      throw new EspalierError("FILE_INVALID", `${entry.place}: expected [piece, score]`);
    }
    return [piece.string(), score.exists ? score.number() : null];
  });
  const normalizer = definition.get("normalizer");
  const normalize = normalizer.exists ? normalizer.get("type").string() : "none";
  if (normalize !== "NFKC" && normalize !== "NFC" && normalize !== "none") {
    throw new EspalierError(
      "FILE_INVALID",
      `${normalizer.place}: expected NFKC, NFC or null, got "${normalize}"`,
    );
  }
  return { pieces, normalize, reserved: config.get("reserved_pieces").count() };
}

function json(name: string, value: unknown): { name: string; bytes: Uint8Array } {
  return { name, bytes: new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`) };
}
