import { type CodePointClasses, codePointClasses } from "../unicode/code-point-classes.ts";
import { NUMBERS, PUNCTUATION, WHITE_SPACE, WORD } from "../unicode/unicode-ranges.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";
import { type Match, type MatchBehavior, splitAtMatches } from "./split-at-matches.ts";

/** `WhitespaceSplit`: splits at Unicode white space. */
export function whitespaceSplit(): PreTokenizer {
  const classes = codePointClasses([[1, WHITE_SPACE]]);
  return { split: (text) => splitAtMatches(text, matchesOf(text, classes), "removed") };
}

/** `Punctuation`: splits at every punctuation mark. */
export function punctuation(behavior: MatchBehavior): PreTokenizer {
  const classes = codePointClasses([[1, PUNCTUATION]]);
  return { split: (text) => splitAtMatches(text, matchesOf(text, classes), behavior) };
}

/** `Digits`: numbers apart from the rest, as wholes or digit by digit. */
export function digits(individual: boolean): PreTokenizer {
  const classes = codePointClasses([[1, NUMBERS]]);
  const behavior = individual ? "isolated" : "contiguous";
  return { split: (text) => splitAtMatches(text, matchesOf(text, classes), behavior) };
}

const SPACE = 1;
const LETTER = 2;

/** `Whitespace`: the matches of `\w+|[^\w\s]+`. */
export function whitespace(): PreTokenizer {
  const classes = codePointClasses([
    [SPACE, WHITE_SPACE],
    [LETTER, WORD],
  ]);
  return {
    split(text) {
      const words: string[] = [];
      let start = 0;
      let kind = SPACE;
      for (let at = 0; at <= text.length; at++) {
        const codePoint = text.codePointAt(at);
        const next = codePoint === undefined ? SPACE : (classes[codePoint] as number);
        if (next !== kind || next === SPACE) {
          if (kind !== SPACE) words.push(text.slice(start, at));
          start = at;
          kind = next;
        }
        if (codePoint !== undefined && codePoint > 0xffff) at++;
      }
      return words;
    },
  };
}

/** Every code point of a class, as a match of its own. */
function* matchesOf(text: string, classes: CodePointClasses): Iterable<Match> {
  for (let at = 0; at < text.length; at++) {
    const codePoint = text.codePointAt(at) as number;
    const size = codePoint > 0xffff ? 2 : 1;
    if (classes[codePoint] !== 0) yield { start: at, end: at + size };
    at += size - 1;
  }
}
