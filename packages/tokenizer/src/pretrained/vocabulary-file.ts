import { EspalierError } from "@espalier/core";
import type { JsonNode } from "./json-node.ts";
import { specialTokenName } from "./special-token-name.ts";

/**
 * The tokenizer.json of a vocab.txt: BERT WordPiece, one token per line, the line's number is the id.
 * @param source.config tokenizer_config.json: `do_lower_case` (default true), `strip_accents`, `tokenize_chinese_chars`
 *   (default true), the names of special tokens
 * @throws {EspalierError} FILE_INVALID when a special token that is needed is not in the vocabulary
 */
export function definitionFromVocabulary(
  text: string,
  { config, place }: { readonly config: JsonNode; readonly place: string },
): Record<string, unknown> {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  const vocab: Record<string, number> = Object.create(null);
  for (const [id, token] of lines.entries()) vocab[token] = id;
  // MPNet is WordPiece too, with the special tokens of RoBERTa around.
  const mpnet = config.get("tokenizer_class").string("").startsWith("MPNet");
  const name = (key: string, otherwise: string) => specialTokenName(config, key) ?? otherwise;
  const names = {
    pad: name("pad_token", mpnet ? "<pad>" : "[PAD]"),
    unk: name("unk_token", "[UNK]"),
    cls: name("cls_token", mpnet ? "<s>" : "[CLS]"),
    sep: name("sep_token", mpnet ? "</s>" : "[SEP]"),
    mask: name("mask_token", mpnet ? "<mask>" : "[MASK]"),
  };
  const idOf = (token: string): number => {
    const id = vocab[token];
    if (id === undefined) {
      throw new EspalierError("FILE_INVALID", `${place}: special token "${token}" is not in it`);
    }
    return id;
  };
  idOf(names.unk);
  const added = new Set(Object.values(names).filter((token) => vocab[token] !== undefined));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...added]
      .map((content) => ({
        id: idOf(content),
        content,
        single_word: false,
        lstrip: mpnet && content === names.mask,
        rstrip: false,
        normalized: false,
        special: true,
      }))
      .sort((a, b) => a.id - b.id),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: config.get("tokenize_chinese_chars").boolean(true),
      strip_accents: config.get("strip_accents").exists
        ? config.get("strip_accents").boolean()
        : null,
      lowercase: config.get("do_lower_case").boolean(true),
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: mpnet ? "RobertaProcessing" : "BertProcessing",
      sep: [names.sep, idOf(names.sep)],
      cls: [names.cls, idOf(names.cls)],
      ...(mpnet ? { trim_offsets: true, add_prefix_space: false } : {}),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: names.unk,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}
