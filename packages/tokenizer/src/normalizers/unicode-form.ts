import { codePointClasses } from "../unicode/code-point-classes.ts";
import { KEPT_BY_NFD, KEPT_BY_NFKC } from "../unicode/unicode-ranges.ts";
import type { Normalize } from "./normalizer.ts";

export type UnicodeForm = "NFC" | "NFD" | "NFKC" | "NFKD";

const KEPT_CANONICAL = 1;
const KEPT_COMPATIBLE = 2;

/** A Unicode normalization form as of the Unicode version that Hugging Face tokenizers has. */
export function unicodeForm(form: UnicodeForm): Normalize {
  if (form === "NFC") return (text) => text.normalize(form);
  const classes = codePointClasses([
    [KEPT_CANONICAL, KEPT_BY_NFD],
    [KEPT_COMPATIBLE, KEPT_BY_NFKC],
  ]);
  const kept = form === "NFD" ? KEPT_CANONICAL : KEPT_COMPATIBLE;
  return (text) => {
    let result = "";
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const codePoint = text.codePointAt(at) as number;
      const size = codePoint > 0xffff ? 2 : 1;
      if (((classes[codePoint] as number) & kept) !== 0) {
        result += text.slice(start, at).normalize(form) + text.slice(at, at + size);
        start = at + size;
      }
      at += size - 1;
    }
    return start === 0 ? text.normalize(form) : result + text.slice(start).normalize(form);
  };
}
