import { codePointClasses } from "../unicode/code-point-classes.ts";
import { PUNCTUATION, WHITE_SPACE } from "../unicode/unicode-ranges.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";

const SPACE = 1;
const ALONE = 2;

/** `BertPreTokenizer`: splits at white space, and every punctuation mark is a word of its own. */
export function bertPreTokenizer(): PreTokenizer {
  const classes = codePointClasses([
    [SPACE, WHITE_SPACE],
    [ALONE, PUNCTUATION],
  ]);
  return {
    split(text) {
      const words: string[] = [];
      let start = 0;
      for (let at = 0; at < text.length; at++) {
        const codePoint = text.codePointAt(at) as number;
        const size = codePoint > 0xffff ? 2 : 1;
        const bits = classes[codePoint];
        if (bits !== 0) {
          if (start < at) words.push(text.slice(start, at));
          if (bits === ALONE) words.push(text.slice(at, at + size));
          start = at + size;
        }
        at += size - 1;
      }
      if (start < text.length) words.push(text.slice(start));
      return words;
    },
  };
}
