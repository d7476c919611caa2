import { expect, it } from "vitest";
import { translatePattern } from "./translate-pattern.ts";

const matches = (source: string, text: string): string[] =>
  Array.from(text.matchAll(translatePattern(source, "tokenizer.json")), ([match]) => match);

it("knows groups without case, also nested and with classes", () => {
  expect(matches("(?i:'s|'t|'LL)|x", "'S 't 'll X x 'ſ")).toEqual(["'S", "'t", "'ll", "x", "'ſ"]);
  expect(matches("(?i:a(b)[cd])e", "ABDe abcE")).toEqual(["ABDe"]);
});

it("reads classes in the sense of Unicode, inside of brackets and outside", () => {
  expect(matches("\\s+", "a\u0085\u3000b\ufeffc")).toEqual(["\u0085\u3000"]);
  expect(matches("[^\\s\\d]+", "a\u0085b٣c\ufeff")).toEqual(["a", "b", "c\ufeff"]);
  expect(matches("\\w+|\\W", "é_1²-")).toEqual(["é_1²", "-"]);
  expect(matches("[\\w-]+", "a-b c")).toEqual(["a-b", "c"]);
});

it("takes needless backslashes and keeps needed ones", () => {
  const pattern = "\\#|\\'|\\.|[\\-\\&]|\\p{Lu}|\\x61?\\u0062";
  expect(matches(pattern, "#'.-&Éabb")).toEqual(["#", "'", ".", "-", "&", "É", "ab", "b"]);
});

it("refuses what has no equal", () => {
  expect(() => translatePattern("a++", "dir/tokenizer.json: pattern")).toThrow(
    /dir\/tokenizer\.json: pattern: the pattern a\+\+/,
  );
});
