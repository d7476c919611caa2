import { EspalierError } from "@espalier/core";
import type { PreTrainedTokenizer } from "@xenova/transformers/src/tokenizers.js";
import type { JsonNode } from "./json-node.ts";
import type { TokenizerFiles } from "./tokenizer-files.ts";

/** Classes whose constructors print warnings. */
const LOUD_CLASSES = ["MarianTokenizer", "XLMTokenizer"];

/**
 * Loads a directory with `AutoTokenizer` of `@xenova/transformers`, from its files alone. Its `tokenizers.js` is imported by
 * itself, on first use: the main module would bring an image library with it.
 *
 * Its base class is given only the tokens where `AutoTokenizer` would fail (merges as pairs, no tokenizer_config.json, a normalizer
 * or pattern it does not know), print a warning (a class it does not know), or take seconds and half a gigabyte for a trie that
 * nobody needs (Unigram; measured with 250,000 pieces).
 * @param definition tokenizer.json, upgraded
 * @throws {EspalierError} FILE_INVALID, with the library's reason
 */
export async function autoTokenizer(
  files: TokenizerFiles,
  definition: JsonNode,
): Promise<PreTrainedTokenizer> {
  const { AutoTokenizer, PreTrainedTokenizer } = await import(
    "@xenova/transformers/src/tokenizers.js"
  );
  const name = files.config.get("tokenizer_class").string("PreTrainedTokenizer");
  const quiet =
    Object.hasOwn(AutoTokenizer.TOKENIZER_CLASS_MAPPING, name.replace(/Fast$/, "")) &&
    !LOUD_CLASSES.includes(name.replace(/Fast$/, ""));
  if (files.complete && quiet && hasLightModel(files.definition)) {
    try {
      // A cache directory is where it looks first, so that "." in it is this directory and nothing else.
      return await AutoTokenizer.from_pretrained(".", {
        cache_dir: files.directory,
        local_files_only: true,
      });
    } catch {
      // The base class below takes what this one could not read.
    }
  }
  try {
    return new PreTrainedTokenizer(tokensOnly(definition), {});
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EspalierError("FILE_INVALID", `${files.definition.place}: ${reason}`, { cause });
  }
}

function hasLightModel(definition: JsonNode): boolean {
  const type = definition.get("model").get("type");
  return type.exists && type.value !== "Unigram";
}

/** A tokenizer.json of tokens and their ids, and nothing that is done with them. */
function tokensOnly(definition: JsonNode): unknown {
  const vocab = definition.get("model").get("vocab").value;
  return {
    added_tokens: definition
      .get("added_tokens")
      .list()
      .map(({ value }) => value),
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: {
      vocab: Array.isArray(vocab)
        ? Object.fromEntries(vocab.map(([piece]: [string], id) => [piece, id]))
        : vocab,
    },
  };
}
