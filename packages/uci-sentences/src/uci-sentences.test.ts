import { expect, it } from "vitest";
import { loadUciSentences } from "./uci-sentences.ts";

it("has 3,000 sentences, a thousand a domain, half of them positive", async () => {
  const { examples } = await loadUciSentences();
  const count = (task: string, label: string) =>
    examples.filter(({ labels }) => labels[task] === label).length;
  expect(examples.length).toBe(3000);
  for (const domain of ["product", "movie", "restaurant"])
    expect(count("domain", domain)).toBe(1000);
  expect(count("sentiment", "positive")).toBe(1500);
  expect(examples.every(({ text }) => text.length > 0)).toBe(true);
});
