import { EspalierError } from "@espalier/core";

/** Classes that mean more in Unicode than in JavaScript; inside of brackets and outside. */
const CLASSES: Readonly<Record<string, string>> = {
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  d: "\\p{Nd}",
  D: "\\P{Nd}",
};
/** Oniguruma counts the superscript digits and fractions of Latin-1 in. */
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}²³¹¼½¾";
/** What may stand behind a backslash in a pattern with the flag "u". */
const ESCAPES = /[\^$\\.*+?()[\]{}|/bBnrtfvpPxuck0-9]/;
/** Letters that have another one beside their upper case. */
const FOLDED: Readonly<Record<string, string>> = { s: "sSſ", k: "kK\u212a" };

/**
 * A regular expression of the dialect of Oniguruma, as tokenizer.json has them, for JavaScript: Unicode classes, escapes
 * that need none, groups without case (`(?i:…)`).
 * @throws {EspalierError} UNSUPPORTED for what JavaScript cannot say
 */
export function translatePattern(source: string, place: string): RegExp {
  let result = "";
  let inClass = false;
  /** Depth of the groups, and at which one a group without case began. */
  let depth = 0;
  let caseless = 0;
  for (let at = 0; at < source.length; at++) {
    const character = source[at] as string;
    if (character === "\\") {
      result += escaped(source[++at] ?? "", inClass);
      if (/\\[pPxu]\{?/.test(source.slice(at - 1, at + 2))) {
        const end = source[at + 1] === "{" ? source.indexOf("}", at) : at;
        result += source.slice(at + 1, end + 1);
        at = end;
      }
      continue;
    }
    if (inClass) {
      if (character === "]") inClass = false;
    } else if (character === "[") inClass = true;
    else if (character === "(") {
      depth++;
      if (source.startsWith("(?i:", at)) {
        caseless ||= depth;
        result += "(?:";
        at += 3;
        continue;
      }
    } else if (character === ")") {
      if (caseless === depth) caseless = 0;
      depth--;
    }
    result += caseless > 0 && /[A-Za-z]/.test(character) ? anyCase(character, inClass) : character;
  }
  try {
    return new RegExp(result, "gu");
  } catch (cause) {
    throw new EspalierError("UNSUPPORTED", `${place}: the pattern ${source} has no equal here`, {
      cause,
    });
  }
}

function escaped(character: string, inClass: boolean): string {
  const known = CLASSES[character];
  if (known !== undefined) return known;
  if (character === "w") return inClass ? WORD : `[${WORD}]`;
  if (character === "W") return `[^${WORD}]`;
  return ESCAPES.test(character) || (inClass && character === "-") ? `\\${character}` : character;
}

function anyCase(letter: string, inClass: boolean): string {
  const lower = letter.toLowerCase();
  const all = FOLDED[lower] ?? lower + letter.toUpperCase();
  return inClass ? all : `[${all}]`;
}
