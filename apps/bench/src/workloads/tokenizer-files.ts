import { LETTER_PIECES } from "./sentences.ts";

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/**
 * The files of a lower-casing WordPiece tokenizer, by name, as JSON values.
 * @param words known as one token each; anything else is spelled
 * @param maxLengthTokens special tokens included
 */
export function tokenizerFiles(
  words: readonly string[],
  maxLengthTokens: number,
): Readonly<Record<"tokenizer.json" | "tokenizer_config.json", object>> {
  return {
    "tokenizer.json": tokenizer(words),
    "tokenizer_config.json": {
      tokenizer_class: "PreTrainedTokenizerFast",
      model_max_length: maxLengthTokens,
      unk_token: "[UNK]",
      sep_token: "[SEP]",
      pad_token: "[PAD]",
      cls_token: "[CLS]",
      mask_token: "[MASK]",
    },
  };
}

function tokenizer(words: readonly string[]): object {
  const vocabulary = [...new Set([...SPECIAL, ...words, ...LETTER_PIECES])];
  const special = (id: string, type = 0): object => ({ SpecialToken: { id, type_id: type } });
  const sequence = (id: string, type = 0): object => ({ Sequence: { id, type_id: type } });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [special("[CLS]"), sequence("A"), special("[SEP]")],
      pair: [
        special("[CLS]"),
        sequence("A"),
        special("[SEP]"),
        sequence("B", 1),
        special("[SEP]", 1),
      ],
      special_tokens: {
        "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
        "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
      },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  };
}
