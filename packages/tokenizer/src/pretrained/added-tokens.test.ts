import { expect, it } from "vitest";
import { type AddedToken, splitAtAddedTokens } from "./added-tokens.ts";

const token = (id: number, content: string, change: Partial<AddedToken> = {}): AddedToken => ({
  id,
  content,
  singleWord: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  ...change,
});
const split = (tokens: AddedToken[], text: string) =>
  splitAtAddedTokens(tokens, (part) => part.toLowerCase())(text).map((segment) =>
    "token" in segment ? segment.token : segment.text,
  );

it("prefers the leftmost, then the longest token", () => {
  const tokens = [token(1, "ab"), token(2, "abc"), token(3, "bcd")];
  expect(split(tokens, "xabcdx")).toEqual(["x", 2, "dx"]);
  expect(split(tokens, "ababc")).toEqual([1, 2]);
});

it("looks for normalized tokens in the normalised text, for others in the text as it is", () => {
  const tokens = [token(1, "[M]"), token(2, "Yes", { normalized: true })];
  expect(split(tokens, "A[M]bYESc[m]")).toEqual(["a", 1, "b", 2, "c[m]"]);
});

it("takes white space with it, but not what another token has taken", () => {
  const left = [token(1, "<m>", { lstrip: true })];
  expect(split(left, "a \n<m> b")).toEqual(["a", 1, " b"]);
  expect(split([token(1, "<m>", { rstrip: true, lstrip: true })], "<m>  <m> b")).toEqual([
    1,
    1,
    "b",
  ]);
});

it("finds a single word only where it stands alone", () => {
  const tokens = [token(1, "go", { singleWord: true })];
  expect(split(tokens, "go, goes ago go")).toEqual([1, ", goes ago ", 1]);
  expect(split(tokens, "𐐀go 😀go")).toEqual(["𐐨go 😀", 1]);
});

it("knows the start of a text", () => {
  const segments = splitAtAddedTokens([token(1, "|")], (part) => part.replace(/^\0/, ""));
  const starts = (text: string) =>
    segments(text).map((segment) => "token" in segment || segment.atStart);
  expect(starts("a|b")).toEqual([true, true, false]);
  expect(starts("|b")).toEqual([true, false]);
  expect(starts("\0b")).toEqual([false]);
});
