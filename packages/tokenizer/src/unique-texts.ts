import type { TextInput } from "./encoding.ts";

/** Each text once. */
export interface UniqueTexts {
  /** int32 `[U]`, where each different text occurs first, in order */
  readonly firsts: Int32Array;
  /** int32 `[B]`, text b is the same as text `firsts[inverse[b]]` */
  readonly inverse: Int32Array;
}

/** Finds repeated texts, so that each is encoded once. */
export function unique(texts: readonly TextInput[]): UniqueTexts {
  const rows = new Map<string, number>();
  const firsts: number[] = [];
  const inverse = Int32Array.from(texts, (text, b) => {
    // A text begins with "T", a pair with the length of its first text: no two inputs share a key.
    const key = typeof text === "string" ? `T${text}` : `${text[0].length}:${text[0]}${text[1]}`;
    const known = rows.get(key);
    if (known !== undefined) return known;
    rows.set(key, firsts.length);
    return firsts.push(b) - 1;
  });
  return { firsts: Int32Array.from(firsts), inverse };
}
