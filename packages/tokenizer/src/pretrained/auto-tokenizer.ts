import { EspalierError } from "@espalier/core";
import type { PreTrainedTokenizer } from "@xenova/transformers/src/tokenizers.js";
import type { JsonNode } from "./json-node.ts";
import type { TokenizerFiles } from "./tokenizer-files.ts";

/** Classes whose constructors print warnings. */
const LOUD_CLASSES = ["MarianTokenizer", "XLMTokenizer"];
/** Normalizers that the library does not know. */
const NORMALIZERS_IT_LACKS = ["NFD", "Nmt"];

/**
 * Loads a directory with `AutoTokenizer` of `@xenova/transformers`, from its files alone. Its `tokenizers.js` is imported by
 * itself, on first use: the main module would bring an image library with it.
 *
 * What the library cannot read (merges as pairs, no tokenizer_config.json, only a vocab.txt, a model without a type) or would
 * print a warning about (a class it does not know) is given to its base class in the form that it reads.
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
  try {
    if (files.complete && quiet && readable(files)) {
      // A cache directory is where it looks first, so that "." in it is this directory and nothing else.
      return await AutoTokenizer.from_pretrained(".", {
        cache_dir: files.directory,
        local_files_only: true,
      });
    }
    return new PreTrainedTokenizer(readableForm(definition), readableConfig(files));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EspalierError("FILE_INVALID", `${files.definition.place}: ${reason}`, { cause });
  }
}

/** Whether the library reads the files as they are. */
function readable({ definition, config }: TokenizerFiles): boolean {
  const model = definition.get("model");
  const merges = model.get("merges").value;
  return (
    model.get("type").exists &&
    Object.keys(config.object()).every(
      (key) => !key.endsWith("_token") || isReadable(config.get(key)),
    ) &&
    Array.isArray(definition.get("added_tokens").value) &&
    !(Array.isArray(merges) && Array.isArray(merges[0])) &&
    !usesNormalizer(definition.get("normalizer"), NORMALIZERS_IT_LACKS)
  );
}

/** A special token is a text, or an object that says it is an added token. */
function isReadable(token: JsonNode): boolean {
  return (
    typeof token.value !== "object" || !token.exists || token.get("__type").value === "AddedToken"
  );
}

function readableForm(definition: JsonNode): unknown {
  const model = definition.get("model").object();
  const merges = model.merges as ReadonlyArray<readonly [string, string]> | undefined;
  return {
    ...definition.object(),
    // Only asked for its tokens: no need to understand the rest.
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model:
      merges === undefined ? model : { ...model, merges: merges.map((pair) => pair.join(" ")) },
  };
}

/** Special tokens as texts, whichever way they are written. */
function readableConfig({ config }: TokenizerFiles): unknown {
  const entries = Object.entries(config.object()).map(([key, value]) => {
    const content = (value as { content?: unknown } | null)?.content;
    return [key, key.endsWith("_token") && content !== undefined ? content : value] as const;
  });
  return Object.fromEntries(entries);
}

function usesNormalizer(node: JsonNode, types: readonly string[]): boolean {
  if (!node.exists) return false;
  const inner = node.get("normalizers");
  return (
    types.includes(node.get("type").string("")) ||
    (inner.exists && inner.list().some((step) => usesNormalizer(step, types)))
  );
}
