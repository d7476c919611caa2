import type { TextInput } from "@espalier/data";
import type { SentenceTransformer } from "@espalier/encoder";
import type { Encoding } from "@espalier/tokenizer";

/** The distinct texts of a run, each encoded once; rows of all datasets point into it. */
export interface TextTable {
  readonly encodings: readonly Encoding[];
  /** Tokens of each text, special tokens included. */
  readonly lengthsTokens: Int32Array;
  /** Tokens of all texts together. */
  readonly tokens: number;
}

/** Collects texts of several datasets. */
export interface TextTableBuilder {
  /** @returns int32 `[texts]`, the place of each in the table; equal texts share one */
  add(texts: readonly TextInput[]): Int32Array;
  build(): TextTable;
}

export function buildTextTable(encoder: Pick<SentenceTransformer, "tokenize">): TextTableBuilder {
  const places = new Map<string, number>();
  const encodings: Encoding[] = [];
  return {
    add: (texts) =>
      Int32Array.from(texts, (text) => {
        const key = typeof text === "string" ? text : JSON.stringify(text);
        const known = places.get(key);
        if (known !== undefined) return known;
        places.set(key, encodings.length);
        return encodings.push(encoder.tokenize(text)) - 1;
      }),
    build: () => textTable([...encodings]),
  };
}

/**
 * The token ids of some texts, and 0, which fills up batches.
 * @param texts int32, places in the table
 * @returns     int32, ascending, each once
 */
export function usedIds({ encodings }: TextTable, texts: Int32Array): Int32Array {
  const used = new Set([0]);
  for (const text of texts) for (const id of (encodings[text] as Encoding).ids) used.add(id);
  return Int32Array.from(used).sort();
}

/** A table of texts that are encoded already. */
export function textTable(encodings: readonly Encoding[]): TextTable {
  const lengthsTokens = Int32Array.from(encodings, ({ ids }) => ids.length);
  const tokens = lengthsTokens.reduce((sum, length) => sum + length, 0);
  return { encodings, lengthsTokens, tokens };
}
