import { expect, it } from "vitest";
import { textFacts } from "./text-facts.ts";

it("counts each text once, and each row of the word table", () => {
  const encoder = {
    tokenize: (text: unknown) => ({
      ids: Int32Array.from(String(text), (letter) => letter.charCodeAt(0)),
    }),
  };
  expect(textFacts(encoder, ["abba", "ac", "abba"])).toEqual({
    texts: 2,
    tokens: 6,
    activeRows: 4,
  });
});
