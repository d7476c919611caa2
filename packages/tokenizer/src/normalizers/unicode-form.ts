import { codePointClasses } from "../unicode/code-point-classes.ts";
import { NEW_CANONICAL, NEW_COMPATIBLE } from "../unicode/unicode-ranges.ts";
import type { Normalize } from "./normalizer.ts";

export type UnicodeForm = "NFC" | "NFD" | "NFKC" | "NFKD";

const CANONICAL = 1;
const COMPATIBLE = 2;

/**
 * A Unicode normalization form as of the Unicode version that Hugging Face tokenizers has: code points that got decompositions or
 * combining classes later are left alone and nothing moves across them.
 */
export function unicodeForm(form: UnicodeForm): Normalize {
  const classes = codePointClasses([
    [CANONICAL, NEW_CANONICAL],
    [COMPATIBLE, NEW_COMPATIBLE],
  ]);
  const mask = form === "NFC" || form === "NFD" ? CANONICAL : CANONICAL | COMPATIBLE;
  return (text) => {
    let result = "";
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const codePoint = text.codePointAt(at) as number;
      const size = codePoint > 0xffff ? 2 : 1;
      if (((classes[codePoint] as number) & mask) !== 0) {
        result += text.slice(start, at).normalize(form) + text.slice(at, at + size);
        start = at + size;
      }
      at += size - 1;
    }
    return start === 0 ? text.normalize(form) : result + text.slice(start).normalize(form);
  };
}
