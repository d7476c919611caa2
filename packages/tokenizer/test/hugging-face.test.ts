import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadTokenizer, type Tokenizer } from "@espalier/tokenizer";
import { expect, it } from "vitest";
import { type Expected, fixture, readJson, texts } from "./fixture.ts";

const LIMITS = [16, 128];
const PRETRAINED = [
  "bert-base-uncased",
  "tiny-bert",
  "tiny-distilbert",
  "tiny-mpnet",
  "tiny-modernbert",
  "tiny-roberta",
  "tiny-xlm-roberta",
];
const PARTS = [
  "albert",
  "clip",
  "digits",
  "gpt",
  "llama",
  "qwen",
  "split-contiguous",
  "split-invert",
  "split-merged-with-next",
  "split-merged-with-previous",
  "split-removed",
  "unigram-strip",
  "unigram-whole",
  "word-piece",
  "words",
];

it.each(PRETRAINED)("%s: the ids of Hugging Face tokenizers", async (name) => {
  const tokenizer = await loadTokenizer(fixture(name), { maxLengthTokens: 128 });
  expectSame(tokenizer, readJson(fixture(`expected/${name}.json`)), texts());
});

it.each(["tiny-bert", "tiny-mpnet", "tiny-roberta", "tiny-xlm-roberta"])(
  "%s as saved by an old version: the same ids",
  async (name) => {
    const directory = await mkdtemp(join(tmpdir(), "espalier-tokenizer-"));
    try {
      await cp(fixture(`legacy/${name}.tokenizer.json`), join(directory, "tokenizer.json"));
      const config = "tokenizer_config.json";
      await cp(fixture(`${name}/${config}`), join(directory, config));
      const tokenizer = await loadTokenizer(directory, { maxLengthTokens: 128 });
      expectSame(tokenizer, readJson(fixture(`expected/${name}.json`)), texts());
    } finally {
      await rm(directory, { recursive: true });
    }
  },
);

it.each(PARTS)("the parts of %s: the ids of Hugging Face tokenizers", async (name) => {
  const tokenizer = await loadTokenizer(fixture(`parts/${name}`), { maxLengthTokens: 128 });
  const { every, pairs } = readJson<{ every: number; pairs: [number, number][] }>(
    fixture("parts/texts.json"),
  );
  const few = texts().texts.filter((_, i) => i % every === 0);
  expectSame(tokenizer, readJson(fixture(`expected/parts/${name}.json`)), { texts: few, pairs });
});

function expectSame(
  tokenizer: Tokenizer,
  expected: Expected,
  input: { texts: readonly string[]; pairs: ReadonlyArray<readonly [number, number]> },
): void {
  expect(tokenizer.vocabSize).toBe(expected.vocabSize);
  for (const maxLengthTokens of LIMITS) {
    const single = tokenizer.encodeBatch(input.texts, { maxLengthTokens });
    for (const [i, { ids, typeIds }] of single.entries()) {
      expect([...ids], input.texts[i]).toEqual(expected.single[maxLengthTokens]?.[i]);
      expect(typeIds).toBeUndefined();
    }
    const pairs = input.pairs.map(([a, b]) => [input.texts[a]!, input.texts[b]!] as const);
    for (const [i, { ids, typeIds }] of tokenizer
      .encodeBatch(pairs, { maxLengthTokens })
      .entries()) {
      const want = expected.pair[maxLengthTokens]?.[i];
      expect([...ids], pairs[i]?.join(" | ")).toEqual(want?.ids);
      const typed = want?.types.some((type) => type !== 0);
      expect(typeIds && [...typeIds]).toEqual(typed ? want?.types : undefined);
    }
    expect(single.length + pairs.length).toBeGreaterThan(100);
  }
}
