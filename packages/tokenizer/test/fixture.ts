import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** The path of a fixture. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

export function readJson<Value>(path: string): Value {
  return JSON.parse(readFileSync(path, "utf8")) as Value;
}

/** English sentences, of the fixtures of the npm package `sentiment`. */
export function sentences(): string[] {
  const require = createRequire(import.meta.url);
  return [
    require.resolve("sentiment/test/fixtures/amazon.json"),
    require.resolve("sentiment/test/fixtures/yelp.json"),
  ].flatMap((path) => readJson<{ text: string }[]>(path).map(({ text }) => text));
}

interface Texts {
  readonly awkward: readonly string[];
  readonly sentences: number;
  readonly pairs: ReadonlyArray<readonly [number, number]>;
}

/** The texts of test/fixtures/expected, and pairs of them. */
export function texts(): { texts: string[]; pairs: ReadonlyArray<readonly [number, number]> } {
  const { awkward, sentences: count, pairs } = readJson<Texts>(fixture("texts.json"));
  return { texts: [...awkward, ...sentences().slice(0, count)], pairs };
}

/** What Hugging Face tokenizers give, by limit. */
export interface Expected {
  readonly vocabSize: number;
  readonly single: Readonly<Record<string, readonly number[][]>>;
  readonly pair: Readonly<Record<string, ReadonlyArray<{ ids: number[]; types: number[] }>>>;
}
