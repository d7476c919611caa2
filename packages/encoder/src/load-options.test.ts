import { expect, it } from "vitest";
import { chooseMaxLength, choosePooling, chooseTruncation } from "./load-options.ts";

const own = { kind: "Pooling", dimension: 4, modes: ["mean"], includePrompt: false } as const;
const limit = { maxLengthTokens: 64, place: "model" };

it("takes what the caller says, else what the model says", () => {
  expect(choosePooling(own, {})).toBe(own);
  expect(choosePooling(own, { pooling: "cls" })).toEqual({ ...own, modes: ["cls"] });
  expect(choosePooling(own, { pooling: ["mean", "max"] }).modes).toEqual(["mean", "max"]);
  expect(chooseMaxLength({}, limit, 128)).toBe(64);
  expect(chooseMaxLength({ maxLengthTokens: 100 }, limit, 128)).toBe(100);
  expect(chooseMaxLength({}, { ...limit, maxLengthTokens: undefined }, 128)).toBe(128);
  expect(chooseTruncation(8, {}, 16)).toBe(8);
  expect(chooseTruncation(8, { truncateDimension: 4 }, 16)).toBe(4);
  expect(chooseTruncation(undefined, {}, 16)).toBeUndefined();
});

it("never clamps", () => {
  expect(() => choosePooling(own, { pooling: "means" as never })).toThrow('did you mean "mean"?');
  expect(() => choosePooling(own, { pooling: [] })).toThrow("no modes");
  expect(() => chooseMaxLength({ maxLengthTokens: 129 }, limit, 128)).toThrow(
    "options: maxLengthTokens is 129, expected 1 to 128",
  );
  expect(() => chooseMaxLength({}, { ...limit, maxLengthTokens: 512 }, 128)).toThrow(
    "model: maxLengthTokens is 512",
  );
  expect(() => chooseTruncation(32, {}, 16)).toThrow("truncateDimension is 32, expected 1 to 16");
  expect(() => chooseTruncation(undefined, { truncateDimension: 0.5 }, 16)).toThrow("is 0.5");
});
