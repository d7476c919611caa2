import { expect, it } from "vitest";
import { LETTER_PIECES, sentences, WORDS } from "./sentences.ts";

it("makes distinct sentences of known words within the bounds, the same ones each time", () => {
  const options = { count: 50, words: [2, 5], seed: 7 } as const;
  const found = sentences(options);
  expect(new Set(found).size).toBe(50);
  for (const sentence of found) {
    const words = sentence.split(" ");
    expect(words.length).toBeGreaterThanOrEqual(2);
    expect(words.length).toBeLessThanOrEqual(5);
    for (const word of words) expect(WORDS).toContain(word);
  }
  expect(sentences(options)).toEqual(found);
  expect(sentences({ ...options, seed: 8 })).not.toEqual(found);
});

it("mixes in words that no vocabulary has", () => {
  const text = sentences({ count: 100, words: [10, 10], seed: 7, rareShare: 0.2 }).join(" ");
  const rare = text.split(" ").filter((word) => !WORDS.includes(word));
  expect(rare.length).toBeGreaterThan(120);
  expect(rare.length).toBeLessThan(280);
});

it("has a piece for each letter at the start of a word and within", () => {
  expect(LETTER_PIECES).toHaveLength(52);
  expect(LETTER_PIECES).toContain("##q");
});
