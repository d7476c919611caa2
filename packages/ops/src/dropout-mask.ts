import type { Rng } from "@espalier/core";

/**
 * Which elements are kept: 1, or 0 with probability `rate`.
 *
 * The stream gives a byte an element. One below ⌊rate · 256⌋ drops, one above keeps; the bytes that equal it (one in
 * 256) are decided by a finer draw each, in order, so that the rate is exact to 2^-40.
 */
export function dropoutMask(
  length: number,
  { rate, rng, bytes = newBytes(length) }: DropoutMaskOptions,
): Uint8Array {
  const border = Math.floor(rate * 256);
  const share = rate * 256 - border;
  bytes.set(rng.bytes(length));
  const isEqual = comparedWith(border, bytes);
  // An equal byte is dropped for the share of the rate that is left.
  for (let at = 0; at < isEqual.length; at++) {
    const element = isEqual[at] as number;
    if (element < length) bytes[element] = rng.uniform() < share ? 0 : 1;
  }
  return bytes;
}

export interface DropoutMaskOptions {
  readonly rate: number;
  readonly rng: Rng;
  /** Where the mask is written: `length` bytes at the start of a buffer of whole words. Default: new memory. */
  readonly bytes?: Uint8Array;
}

/** Bytes at the start of a buffer of whole words. */
export function newBytes(length: number): Uint8Array {
  return new Uint8Array(Math.ceil(length / 4) * 4).subarray(0, length);
}

/**
 * Replaces every byte by whether it is above the border, four at a time: as a number of 32 bits, whose bytes can't
 * disturb each other as long as their highest bits are left out of the sum.
 * @returns places of the bytes that are equal, ascending
 */
function comparedWith(border: number, bytes: Uint8Array): number[] {
  const words = new Int32Array(bytes.buffer, 0, Math.ceil(bytes.length / 4));
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
