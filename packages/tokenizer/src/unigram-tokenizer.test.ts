import { expect, it } from "vitest";
import { createUnigramTokenizer } from "./unigram-tokenizer.ts";

const pieces: [string, number | null][] = [
  ["?", 0],
  ["▁", -3],
  ["▁good", -1],
  ["a", -2],
  ["b", -2],
  ["ab", -3],
  [":", null],
];
const tokenizer = createUnigramTokenizer({ pieces, reserved: 1, maxLengthTokens: 6 });
const ids = (text: string | readonly [string, string], maxLengthTokens = 6) => [
  ...tokenizer.encode(text, { maxLengthTokens }).ids,
];

it("joins unknown code points, counts a score of null as 0, keeps the order", () => {
  expect(ids("good")).toEqual([2]);
  expect(ids("ab:")).toEqual([1, 5, 6]);
  expect(ids("axy😀b")).toEqual([1, 3, 0, 4]);
  expect(ids("")).toEqual([]);
});

it("cuts at the end, and of a pair the longer text first", () => {
  expect(ids("ab ab ab ab", 3)).toEqual([1, 5, 1]);
  expect(ids(["ab ab ab", "good"], 4)).toEqual([1, 5, 1, 2]);
  expect(() => ids("a", 7)).toThrow(/maxLengthTokens is 7, expected .* 1 .* 6/);
});

it("normalises as told", () => {
  const as = (normalize: "NFKC" | "NFC" | "none", text: string) => [
    ...createUnigramTokenizer({ pieces, reserved: 1, normalize }).encode(text).ids,
  ];
  expect(as("NFKC", "ａ")).toEqual([1, 3]);
  expect(as("NFC", "ａ")).toEqual([1, 0]);
  expect(as("none", "ａ")).toEqual([1, 0]);
});

it("refuses what it cannot work with", () => {
  expect(() => createUnigramTokenizer({ pieces: pieces.slice(0, 6) })).toThrow(
    /6 pieces .* 6 reserved/,
  );
  expect(() =>
    createUnigramTokenizer({
      pieces: [
        ["?", 0],
        ["a", Number.NaN],
      ],
      reserved: 1,
    }),
  ).toThrow(/piece 1 \("a"\) is NaN/);
  expect(() => createUnigramTokenizer({ pieces, reserved: 1, maxLengthTokens: 0 })).toThrow(/is 0/);
});
