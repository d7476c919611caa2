import { EspalierError } from "@espalier/core";
import type { JsonNode } from "../pretrained/json-node.ts";
import { bertPreTokenizer, whitespaceSplit } from "./bert-pre-tokenizer.ts";
import { byteLevel } from "./byte-level.ts";
import { metaspace } from "./metaspace.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";

/** A pre-tokenizer of `@xenova/transformers`. */
export type LibraryPreTokenizer = (text: string, options: { section_index: number }) => string[];

/** Types that are taken from `@xenova/transformers` as they are. */
const FROM_LIBRARY = ["Digits", "Punctuation", "Split", "Whitespace"];

/**
 * Builds the `pre_tokenizer` of a tokenizer.json.
 * @param library the same one as `@xenova/transformers` builds it, for the types that have no version of our own
 * @throws {EspalierError} UNSUPPORTED for an unknown type, FILE_INVALID for bad values
 */
export function compilePreTokenizer(node: JsonNode, library: unknown): PreTokenizer {
  if (!node.exists) return { split: (text) => [text] };
  const type = node.get("type").string();
  if (type === "Sequence") {
    const inner = (library as { tokenizers?: unknown[] } | null)?.tokenizers ?? [];
    return sequence(
      node
        .get("pretokenizers")
        .list()
        .map((step, i) => compilePreTokenizer(step, inner[i])),
    );
  }
  const build = Object.hasOwn(BUILDERS, type) ? BUILDERS[type] : undefined;
  if (build !== undefined) return build(node);
  if (!FROM_LIBRARY.includes(type) || typeof library !== "function") {
    throw new EspalierError("UNSUPPORTED", `${node.place}: unknown pre-tokenizer type "${type}"`);
  }
  const split = library as LibraryPreTokenizer;
  return { split: (text, atStart) => split(text, { section_index: atStart ? 0 : 1 }) };
}

/** The types with a version of our own. */
const BUILDERS: Readonly<Record<string, (node: JsonNode) => PreTokenizer>> = {
  BertPreTokenizer: () => bertPreTokenizer(),
  ByteLevel: (node) =>
    byteLevel({
      addPrefixSpace: node.get("add_prefix_space").boolean(true),
      useRegex: node.get("use_regex").boolean(true),
    }),
  Metaspace: (node) =>
    metaspace({
      replacement: node.get("replacement").string("▁"),
      prependScheme: prependScheme(node),
      split: node.get("split").boolean(true),
    }),
  WhitespaceSplit: () => whitespaceSplit(),
};

function prependScheme(node: JsonNode): "always" | "first" | "never" {
  const scheme = node.get("prepend_scheme");
  // Before tokenizers 0.15 there was only `add_prefix_space`.
  if (!scheme.exists) return node.get("add_prefix_space").boolean(true) ? "always" : "never";
  const name = scheme.string();
  if (name === "always" || name === "first" || name === "never") return name;
  throw new EspalierError(
    "FILE_INVALID",
    `${scheme.place}: expected always, first or never, got "${name}"`,
  );
}

function sequence(steps: readonly PreTokenizer[]): PreTokenizer {
  const last = steps.at(-1);
  const split: PreTokenizer["split"] = (text, atStart) => {
    let words = [text];
    for (const step of steps) {
      const spell = step === last ? undefined : step.spell?.bind(step);
      words = words.flatMap((word, i) => step.split(word, atStart && i === 0));
      if (spell !== undefined) words = words.map(spell);
    }
    return words;
  };
  return last?.spell === undefined ? { split } : { split, spell: last.spell.bind(last) };
}
