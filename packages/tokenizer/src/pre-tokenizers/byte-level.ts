import { type CodePointClasses, codePointClasses } from "../unicode/code-point-classes.ts";
import { LETTERS, NUMBERS, WHITE_SPACE } from "../unicode/unicode-ranges.ts";
import type { PreTokenizer } from "./pre-tokenizer.ts";

export interface ByteLevelConfig {
  /** A space in front of every text that has none. */
  readonly addPrefixSpace: boolean;
  /** Splits by the pattern of GPT-2; otherwise a text stays one word. */
  readonly useRegex: boolean;
}

const LETTER = 1;
const NUMBER = 2;
const SPACE = 4;

/**
 * The `ByteLevel` pre-tokenizer of GPT-2 and RoBERTa. Words are split as by
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, then spelled by their UTF-8 bytes, one
 * printable character each. A scanner instead of the pattern: it needs no stack on long runs.
 */
export function byteLevel(config: ByteLevelConfig): PreTokenizer {
  const classes = codePointClasses([
    [LETTER, LETTERS],
    [NUMBER, NUMBERS],
    [SPACE, WHITE_SPACE],
  ]);
  const alphabet = byteAlphabet();
  return {
    split(text) {
      const prefixed = config.addPrefixSpace && !text.startsWith(" ") ? ` ${text}` : text;
      return config.useRegex ? splitWords(prefixed, classes) : [prefixed];
    },
    spell(word) {
      if (!/[^!-~]/.test(word)) return word;
      let spelled = "";
      for (const byte of Buffer.from(word)) spelled += alphabet[byte] as string;
      return spelled;
    },
  };
}

function splitWords(text: string, classes: CodePointClasses): string[] {
  const words: string[] = [];
  let start = 0;
  while (start < text.length) {
    const end = start + contractionLength(text, start) || wordEnd(text, start, classes);
    words.push(text.slice(start, end));
    start = end;
  }
  return words;
}

/** Length of `'s`, `'re`, … at a place, NaN for none so that `||` goes on. */
function contractionLength(text: string, at: number): number {
  if (text[at] !== "'") return Number.NaN;
  const one = text[at + 1];
  if (one === "s" || one === "t" || one === "m" || one === "d") return 2;
  const two = text.slice(at + 1, at + 3);
  return two === "re" || two === "ve" || two === "ll" ? 3 : Number.NaN;
}

function wordEnd(text: string, start: number, classes: CodePointClasses): number {
  const classAt = (at: number) => classes[text.codePointAt(at) as number] as number;
  let first = start;
  if (text[start] === " " && start + 1 < text.length && classAt(start + 1) !== SPACE) first++;
  const kind = classAt(first);
  let end = first;
  while (end < text.length && classAt(end) === kind) {
    end += (text.codePointAt(end) as number) > 0xffff ? 2 : 1;
  }
  // The last of several spaces is left to the word that follows it.
  return kind === SPACE && end < text.length && end - start > 1 ? end - 1 : end;
}

/** One printable character per byte: itself where it is one, else the next from U+0100 on. */
function byteAlphabet(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : next++);
  });
}
