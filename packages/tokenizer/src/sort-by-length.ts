import type { Encoding } from "./encoding.ts";

/** Indices of the encodings, longest first; equal lengths keep their order. */
export function sortByLength(encodings: readonly Encoding[]): Int32Array {
  const length = (i: number) => (encodings[i] as Encoding).ids.length;
  return Int32Array.from(
    Array.from(encodings.keys()).sort((a, b) => length(b) - length(a) || a - b),
  );
}
