import { expect, it, vi } from "vitest";
import { fixture } from "./fixture.ts";

let imports = 0;
vi.mock("@xenova/transformers/src/tokenizers.js", (original) => {
  imports++;
  return original();
});

it("imports the library when a tokenizer is loaded, not before", async () => {
  const { createUnigramTokenizer, loadTokenizer } = await import("@espalier/tokenizer");
  createUnigramTokenizer({
    pieces: [
      ["?", 0],
      ["▁", -1],
    ],
    reserved: 1,
  });
  expect(imports).toBe(0);
  await loadTokenizer(fixture("tiny-bert"));
  expect(imports).toBe(1);
});
