import { graphemes } from "../unicode/graphemes.ts";
import type { Normalize } from "./normalizer.ts";

/** What a grapheme can consist of to be more than one code point; else the segmenter is not needed. */
const MAY_JOIN = /[\p{M}\p{Cf}\p{Lo}\p{Emoji_Modifier}\uff9e\uff9f]|\r\n/u;
/** Letters that join no neighbours, the most common part of `\p{Lo}`. */
const LONELY = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\uac00-\ud7a3ªº]/gu;
const NOT_PRINTABLE_ASCII = /[^ -~]/;
/** Graphemes from this size in UTF-8 are always looked up code point by code point. */
const LONG_GRAPHEME_BYTES = 6;

/**
 * The `Precompiled` normalizer of SentencePiece models: a double-array trie (Darts) from UTF-8 strings to their
 * replacements. Of all entries that begin a grapheme the first, shortest one replaces the whole of it, as Hugging Face
 * tokenizers does it ("u" + diaeresis + macron loses its macron).
 * @param charsmap little-endian: bytes of the trie (uint32), trie (uint32 each), replacements ended by NUL
 * @throws {RangeError} when the blob is cut off
 */
export function precompiled(charsmap: Uint8Array): Normalize {
  const lookUp = readCharsMap(charsmap);
  const asciiStays = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).every(
    (character) => lookUp(character) === undefined,
  );
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const known = new Map<string, string>();
  const replace = (grapheme: string): string => {
    const before = known.get(grapheme);
    if (before !== undefined) return before;
    const whole = Buffer.byteLength(grapheme) < LONG_GRAPHEME_BYTES ? lookUp(grapheme) : undefined;
    let result = whole ?? "";
    if (whole === undefined) for (const part of grapheme) result += lookUp(part) ?? part;
    if (known.size < 1 << 16) known.set(grapheme, result);
    return result;
  };
  return (text) => {
    if (asciiStays && !NOT_PRINTABLE_ASCII.test(text)) return text;
    let result = "";
    if (MAY_JOIN.test(text.replace(LONELY, ""))) {
      for (const grapheme of graphemes(text, segmenter)) result += replace(grapheme);
    } else {
      for (const codePoint of text) result += replace(codePoint);
    }
    return result;
  };
}

function readCharsMap(charsmap: Uint8Array): (text: string) => string | undefined {
  const view = new DataView(charsmap.buffer, charsmap.byteOffset, charsmap.byteLength);
  const units = view.getUint32(0, true) >>> 2;
  const trie = new Uint32Array(units);
  for (let i = 0; i < units; i++) trie[i] = view.getUint32(4 + 4 * i, true);
  const replacements = Buffer.from(charsmap.subarray(4 + 4 * units));
  const unit = (at: number): number => trie[at] ?? 0;
  return (text) => {
    let at = childrenOf(unit(0));
    for (const byte of Buffer.from(text)) {
      at ^= byte;
      const value = unit(at);
      if (byte === 0 || (value & 0x800000ff) !== byte) return undefined;
      at ^= childrenOf(value);
      if ((value & 0x100) !== 0) {
        const start = unit(at) & 0x7fffffff;
        const end = replacements.indexOf(0, start);
        return replacements.toString("utf8", start, end < 0 ? undefined : end);
      }
    }
    return undefined;
  };
}

/** Where the children of a unit of the double array begin, relative to its own place (XOR). */
function childrenOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
