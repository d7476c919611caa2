import type { Rng } from "@espalier/core";

/**
 * Which elements are kept: 1, or 0 with probability `rate`.
 *
 * The stream gives a byte an element. One below ⌊rate · 256⌋ drops, one above keeps; the bytes that equal it (one in
 * 256) are decided by a finer draw each, in order, so that the rate is exact to 2^-40.
 */
export function dropoutMask(
  length: number,
  { rate, rng }: { readonly rate: number; readonly rng: Rng },
): Uint8Array {
  const border = Math.floor(rate * 256);
  const share = rate * 256 - border;
  const kept = wholeWords(rng.bytes(length));
  const isEqual = comparedWith(border, kept);
  // An equal byte is dropped for the share of the rate that is left.
  for (let at = 0; at < isEqual.length; at++) {
    const element = isEqual[at] as number;
    if (element < length) kept[element] = rng.uniform() < share ? 0 : 1;
  }
  return kept.length === length ? kept : kept.subarray(0, length);
}

/** The bytes themselves where they fill words of four, else a copy with zeros behind it. */
function wholeWords(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0 && bytes.byteOffset % 4 === 0) return bytes;
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return padded;
}

/**
 * Replaces every byte by whether it is above the border, four at a time: as a number of 32 bits, whose bytes can't
 * disturb each other as long as their highest bits are left out of the sum.
 * @returns places of the bytes that are equal, ascending
 */
function comparedWith(border: number, bytes: Uint8Array): number[] {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const equal: number[] = [];
  const borders = Math.imul(border, ONES);
  const complement = Math.imul(127 - (border & 127), ONES);
  const wide = border > 127;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    // The highest bit of each byte: whether its lower seven are above the border's.
    const sum = (word & LOW) + complement;
    const above = wide ? sum & word : sum | word;
    words[i] = (above >>> 7) & ONES;
    const difference = word ^ borders;
    if (((((difference & LOW) + LOW) | difference) & HIGH) === HIGH) continue;
    for (let byte = 0; byte < 4; byte++)
      if (((difference >>> (8 * byte)) & 255) === 0) equal.push(4 * i + byte);
  }
  return equal;
}

const ONES = 0x01010101;
const LOW = 0x7f7f7f7f;
/** The highest bit of each byte, as the signed number that a comparison of 32 bits gives. */
const HIGH = 0x80808080 | 0;
