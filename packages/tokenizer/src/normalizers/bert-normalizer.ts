import { codePointClasses } from "../unicode/code-point-classes.ts";
import { rewrite } from "../unicode/rewrite.ts";
import { DROPPED, IDEOGRAPHS, NONSPACING, WHITE_SPACE } from "../unicode/unicode-ranges.ts";
import { lowercase } from "./lowercase.ts";
import type { Normalize } from "./normalizer.ts";
import { unicodeForm } from "./unicode-form.ts";

export interface BertNormalizerConfig {
  /** Drops controls, turns white space into spaces. */
  readonly cleanText: boolean;
  /** Puts spaces around ideographs. */
  readonly handleChineseChars: boolean;
  /** null: as `lowercase`. */
  readonly stripAccents: boolean | null;
  readonly lowercase: boolean;
}

const DROP = 1;
const SPACE = 2;
const IDEOGRAPH = 4;
const ACCENT = 8;

const NOT_PRINTABLE_ASCII = /[^ -~]/;

/** `BertNormalizer` of Hugging Face tokenizers: cleaning, ideographs, accents, case, in this order. */
export function bertNormalizer(config: BertNormalizerConfig): Normalize {
  const classes = codePointClasses([
    [DROP, config.cleanText ? DROPPED : ""],
    [SPACE, config.cleanText ? WHITE_SPACE : ""],
    [IDEOGRAPH, config.handleChineseChars ? IDEOGRAPHS : ""],
    [ACCENT, NONSPACING],
  ]);
  const clean = {
    classes,
    mask: DROP | SPACE | IDEOGRAPH,
    replace(bits: number, character: string): string {
      if ((bits & DROP) !== 0) return "";
      return bits === SPACE ? " " : ` ${character} `;
    },
  };
  const accents = { classes, mask: ACCENT, replace: () => "" };
  const decompose = unicodeForm("NFD");
  const stripAccents = config.stripAccents ?? config.lowercase;
  return (text) => {
    if (!NOT_PRINTABLE_ASCII.test(text)) return config.lowercase ? text.toLowerCase() : text;
    let result = rewrite(text, clean);
    if (stripAccents) result = rewrite(decompose(result), accents);
    return config.lowercase ? lowercase(result) : result;
  };
}
