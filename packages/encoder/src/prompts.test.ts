import { expect, it } from "vitest";
import { choosePrompt, documentPrompt, promptLength, queryPrompt } from "./prompts.ts";

const model = { prompts: { query: "query: ", passage: "passage: " }, defaultPromptName: "query" };
const bare = { prompts: {} };

it("prefers a text to a name to the default", () => {
  expect(choosePrompt(model, {})).toBe("query: ");
  expect(choosePrompt(model, { promptName: "passage" })).toBe("passage: ");
  expect(choosePrompt(model, { prompt: "" })).toBe("");
  expect(choosePrompt(bare, {})).toBe("");
});

it("refuses an unknown name and two at once", () => {
  expect(() => choosePrompt(model, { promptName: "passages" })).toThrow(
    'prompt "passages" is not one of query, passage (did you mean "passage"?)',
  );
  expect(() => choosePrompt(bare, { promptName: "toString" })).toThrow("has none");
  expect(() => choosePrompt(model, { prompt: "a", promptName: "query" })).toThrow("both given");
});

it("knows the prompts of questions and documents", () => {
  expect(choosePrompt(model, queryPrompt(model, {}))).toBe("query: ");
  expect(choosePrompt(model, documentPrompt(model, {}))).toBe("passage: ");
  expect(choosePrompt(bare, documentPrompt(bare, {}))).toBe("");
  expect(documentPrompt(model, { prompt: "x" })).toEqual({ prompt: "x" });
  const asymmetric = { prompts: { query: "q" }, defaultPromptName: "query" };
  expect(choosePrompt(asymmetric, documentPrompt(asymmetric, {}))).toBe(""); // not the default
});

it("counts a prompt's tokens without the token that closes a text", () => {
  const closed = (text: string) => ({ ids: Int32Array.of(101, ...codes(text), 102) });
  const open = (text: string) => ({ ids: Int32Array.of(...codes(text)) });
  expect(promptLength("ab", closed)).toBe(3);
  expect(promptLength("ab", open)).toBe(2);
});

function codes(text: string): number[] {
  return Array.from(text, (symbol) => symbol.charCodeAt(0));
}
