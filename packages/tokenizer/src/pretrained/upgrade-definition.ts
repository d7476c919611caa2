import { EspalierError } from "@espalier/core";
import { type JsonNode, jsonNode } from "./json-node.ts";

type Json = Readonly<Record<string, unknown>>;

/** Classes that set the normalizer from tokenizer_config.json, whatever tokenizer.json says. */
const BERT_CLASSES = [
  "BertTokenizer",
  "ConvBertTokenizer",
  "DistilBertTokenizer",
  "ElectraTokenizer",
  "MPNetTokenizer",
  "MobileBertTokenizer",
  "SqueezeBertTokenizer",
];

/**
 * A tokenizer.json of any age in the form of today: the model has a type, merges are pairs, and the normalizer of BERT has the
 * settings of tokenizer_config.json, as transformers has it.
 * @returns the same node where nothing changes
 * @throws {EspalierError} FILE_INVALID for bad values
 */
export function upgradeDefinition(definition: JsonNode, config: JsonNode): JsonNode {
  const model = definition.get("model");
  const upgraded: Json = {
    ...definition.object(),
    added_tokens: definition.get("added_tokens").value ?? [],
    normalizer: withConfig(definition.get("normalizer"), config),
    model: { ...model.object(), type: modelType(model), ...pairedMerges(model) },
  };
  return jsonNode(upgraded, definition.place);
}

function modelType(model: JsonNode): string {
  const type = model.get("type");
  if (type.exists) return type.string();
  if (Array.isArray(model.get("vocab").value)) return "Unigram";
  if (model.get("merges").exists) return "BPE";
  if (model.get("continuing_subword_prefix").exists) return "WordPiece";
  throw new EspalierError(
    "FILE_INVALID",
    `${type.place}: expected the type of the model, got nothing`,
  );
}

function pairedMerges(model: JsonNode): Json {
  const merges = model.get("merges");
  if (!merges.exists) return {};
  if (!Array.isArray(merges.value)) merges.list();
  // Several hundred thousand entries: no node for each.
  const pairs = (merges.value as unknown[]).map((merge, i) => {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    if (
      !Array.isArray(pair) ||
      pair.length !== 2 ||
      typeof pair[0] !== "string" ||
      typeof pair[1] !== "string"
    ) {
      throw new EspalierError(
        "FILE_INVALID",
        `${merges.place}[${i}]: expected two tokens, got ${JSON.stringify(merge)}`,
      );
    }
    return pair;
  });
  return { merges: pairs };
}

function withConfig(normalizer: JsonNode, config: JsonNode): unknown {
  if (!normalizer.exists || normalizer.get("type").value !== "BertNormalizer") {
    return normalizer.value ?? null;
  }
  const name = config.get("tokenizer_class");
  const known = BERT_CLASSES.includes(name.string("").replace(/Fast$/, ""));
  if (name.exists && !known) return normalizer.value;
  // A class of transformers sets what the file leaves out to its defaults; without a class only what is there counts.
  const setting = (key: string, inNormalizer: string, otherwise: unknown): unknown =>
    config.get(key).value ?? (known ? otherwise : normalizer.get(inNormalizer).value);
  return {
    ...normalizer.object(),
    lowercase: setting("do_lower_case", "lowercase", true),
    strip_accents: setting("strip_accents", "strip_accents", null),
    handle_chinese_chars: setting("tokenize_chinese_chars", "handle_chinese_chars", true),
  };
}
