import { expect, it } from "vitest";
import { finetuneData, indexed, wordsOf } from "./finetune-data.ts";

it("takes sentences of every class, a fifth of them held out", async () => {
  const data = await finetuneData(60);
  expect(data.train.examples).toHaveLength(48);
  const { texts, labels } = indexed(data.heldOut);
  expect(texts).toHaveLength(12);
  expect(labels.domain.toSorted()).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  expect(new Set(labels.sentiment)).toEqual(new Set([0, 1]));
});

it("knows every word of the sentences in lower case", async () => {
  const words = wordsOf(await finetuneData(30));
  expect(words.some((word) => /[A-Z\s]/.test(word))).toBe(false);
  expect(new Set(words).size).toBe(words.length);
  expect(words).toContain("the");
  expect(words).toContain(".");
});
