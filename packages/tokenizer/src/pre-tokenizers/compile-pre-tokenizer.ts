import { EspalierError } from "@espalier/core";
import type { JsonNode } from "../pretrained/json-node.ts";
import { translatePattern } from "../unicode/translate-pattern.ts";
import { bertPreTokenizer } from "./bert-pre-tokenizer.ts";
import { byteLevel } from "./byte-level.ts";
import { digits, punctuation, whitespace, whitespaceSplit } from "./class-pre-tokenizers.ts";
import { metaspace } from "./metaspace.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";
import { type Match, type MatchBehavior, splitAtMatches } from "./split-at-matches.ts";

/**
 * Builds the `pre_tokenizer` of a tokenizer.json.
 * @throws {EspalierError} UNSUPPORTED for an unknown type, FILE_INVALID for bad values
 */
export function compilePreTokenizer(node: JsonNode): PreTokenizer {
  if (!node.exists) return { split: (text) => [text] };
  const type = node.get("type").string();
  const build = Object.hasOwn(BUILDERS, type) ? BUILDERS[type] : undefined;
  if (build === undefined) {
    throw new EspalierError("UNSUPPORTED", `${node.place}: unknown pre-tokenizer type "${type}"`);
  }
  return build(node);
}

const BUILDERS: Readonly<Record<string, (node: JsonNode) => PreTokenizer>> = {
  BertPreTokenizer: () => bertPreTokenizer(),
  ByteLevel: (node) =>
    byteLevel({
      addPrefixSpace: node.get("add_prefix_space").boolean(true),
      useRegex: node.get("use_regex").boolean(true),
    }),
  CharDelimiterSplit(node) {
    const delimiter = node.get("delimiter").string();
    return { split: (text) => text.split(delimiter).filter((word) => word !== "") };
  },
  Digits: (node) => digits(node.get("individual_digits").boolean(false)),
  Metaspace: (node) =>
    metaspace({
      replacement: node.get("replacement").string("▁"),
      prependScheme: prependScheme(node),
      split: node.get("split").boolean(true),
    }),
  Punctuation: (node) => punctuation(behavior(node.get("behavior"))),
  Sequence: (node) => sequence(node.get("pretokenizers").list().map(compilePreTokenizer)),
  Split: splitByPattern,
  Whitespace: () => whitespace(),
  WhitespaceSplit: () => whitespaceSplit(),
};

function prependScheme(node: JsonNode): "always" | "first" | "never" {
  const scheme = node.get("prepend_scheme");
  // Before tokenizers 0.15 there was only `add_prefix_space`.
  if (!scheme.exists) return node.get("add_prefix_space").boolean(true) ? "always" : "never";
  return oneOf(scheme, ["always", "first", "never"]);
}

function behavior(node: JsonNode): MatchBehavior {
  if (!node.exists) return "isolated";
  const lowerFirst = node.string().replace(/^[A-Z]/, (letter) => letter.toLowerCase());
  for (const name of BEHAVIORS) if (name === lowerFirst) return name;
  return oneOf(node, BEHAVIORS);
}

const BEHAVIORS: readonly MatchBehavior[] = [
  "removed",
  "isolated",
  "mergedWithPrevious",
  "mergedWithNext",
  "contiguous",
];

function oneOf<Name extends string>(node: JsonNode, names: readonly Name[]): Name {
  const found = names.find((name) => name === node.string());
  if (found !== undefined) return found;
  throw new EspalierError(
    "FILE_INVALID",
    `${node.place}: expected ${names.join(", ")}, got "${node.string()}"`,
  );
}

function splitByPattern(node: JsonNode): PreTokenizer {
  const pattern = node.get("pattern");
  const literal = pattern.get("String");
  const expression = literal.exists
    ? new RegExp(literal.string().replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "g")
    : translatePattern(pattern.get("Regex").string(), pattern.place);
  const how = behavior(node.get("behavior"));
  const invert = node.get("invert").boolean(false);
  return {
    split(text) {
      const matches = Array.from(text.matchAll(expression), (match) => ({
        start: match.index,
        end: match.index + match[0].length,
      }));
      return splitAtMatches(text, invert ? between(matches, text.length) : matches, how);
    },
  };
}

/** What lies between the matches. */
function between(matches: readonly Match[], length: number): Match[] {
  const ends = [0, ...matches.map((match) => match.end)];
  const starts = [...matches.map((match) => match.start), length];
  return starts
    .map((end, i) => ({ start: ends[i] as number, end }))
    .filter((match) => match.start < match.end);
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
