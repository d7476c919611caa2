import { EspalierError } from "@espalier/core";
import type { JsonNode } from "../pretrained/json-node.ts";
import { codePointClasses } from "../unicode/code-point-classes.ts";
import { rewrite } from "../unicode/rewrite.ts";
import { translatePattern } from "../unicode/translate-pattern.ts";
import { COMBINING } from "../unicode/unicode-ranges.ts";
import { bertNormalizer } from "./bert-normalizer.ts";
import { lowercase } from "./lowercase.ts";
import type { Normalize } from "./normalizer.ts";
import { precompiled } from "./precompiled.ts";
import { unicodeForm } from "./unicode-form.ts";

/**
 * Builds the `normalizer` of a tokenizer.json.
 * @throws {EspalierError} UNSUPPORTED for an unknown type, FILE_INVALID for bad values
 */
export function compileNormalizer(node: JsonNode): Normalize {
  if (!node.exists) return (text) => text;
  const type = node.get("type").string();
  const build = Object.hasOwn(BUILDERS, type) ? BUILDERS[type] : undefined;
  if (build === undefined) {
    throw new EspalierError("UNSUPPORTED", `${node.place}: unknown normalizer type "${type}"`);
  }
  return build(node);
}

const BUILDERS: Readonly<Record<string, (node: JsonNode) => Normalize>> = {
  BertNormalizer: (node) =>
    bertNormalizer({
      cleanText: node.get("clean_text").boolean(true),
      handleChineseChars: node.get("handle_chinese_chars").boolean(true),
      stripAccents: node.get("strip_accents").exists ? node.get("strip_accents").boolean() : null,
      lowercase: node.get("lowercase").boolean(true),
    }),
  Lowercase: () => lowercase,
  NFC: () => unicodeForm("NFC"),
  NFD: () => unicodeForm("NFD"),
  NFKC: () => unicodeForm("NFKC"),
  NFKD: () => unicodeForm("NFKD"),
  Nmt: () => nmt,
  Precompiled: precompiledFromJson,
  Prepend(node) {
    const prefix = node.get("prepend").string();
    return (text) => (text === "" ? text : prefix + text);
  },
  Replace(node) {
    const pattern = replacePattern(node.get("pattern"));
    const content = node.get("content").string();
    return (text) => text.replaceAll(pattern, () => content);
  },
  Sequence(node) {
    const steps = node.get("normalizers").list().map(compileNormalizer);
    return (text) => steps.reduce((result, step) => step(result), text);
  },
  Strip(node) {
    const left = node.get("strip_left").boolean(true);
    const right = node.get("strip_right").boolean(true);
    return (text) => {
      const fromLeft = left ? text.replace(/^\p{White_Space}+/u, "") : text;
      return right ? fromLeft.slice(0, trimmedLength(fromLeft)) : fromLeft;
    };
  },
  StripAccents() {
    const rule = { classes: codePointClasses([[1, COMBINING]]), mask: 1, replace: () => "" };
    return (text) => rewrite(text, rule);
  },
};

/** Length without the white space at the end; a pattern with `$` takes quadratic time on long runs of it. */
function trimmedLength(text: string): number {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/u.test(text[end - 1] as string)) end--;
  return end;
}

/** The cleaning of SentencePiece's "nmt" rules. */
function nmt(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it removes
      .replace(/[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]/g, "")
      .replace(/[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g, " ")
  );
}

function precompiledFromJson(node: JsonNode): Normalize {
  const blob = node.get("precompiled_charsmap");
  if (!blob.exists || blob.value === "") return (text) => text;
  try {
    return precompiled(Buffer.from(blob.string(), "base64"));
  } catch (cause) {
    if (EspalierError.isInstance(cause)) throw cause;
    throw new EspalierError("FILE_INVALID", `${blob.place}: the table is cut off`, { cause });
  }
}

function replacePattern(node: JsonNode): string | RegExp {
  if (node.get("String").exists) return node.get("String").string();
  return translatePattern(node.get("Regex").string(), node.place);
}
