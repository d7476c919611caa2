import { expect, it } from "vitest";
import { codePointClasses } from "./code-point-classes.ts";
import { DROPPED, IDEOGRAPHS, LETTERS, NONSPACING, WHITE_SPACE } from "./unicode-ranges.ts";

it("unpacks ranges into bits", () => {
  const classes = codePointClasses([
    [1, "2 1 1 0"],
    [2, "3 2"],
  ]);
  expect([...classes.slice(0, 8)]).toEqual([0, 0, 1, 3, 2, 3, 0, 0]);
  expect(codePointClasses([[1, ""]]).every((bits) => bits === 0)).toBe(true);
});

it("has what the ranges are made for", () => {
  const classes = codePointClasses([
    [1, DROPPED],
    [2, IDEOGRAPHS],
    [4, NONSPACING],
    [8, WHITE_SPACE],
    [16, LETTERS],
  ]);
  const bits = (character: string) => classes[character.codePointAt(0) as number];
  expect(["\0", "\u200d", "\ufffd", "\ue000"].map(bits)).toEqual([1, 1, 1, 1]);
  expect(["\t", "\u0085", "\u3000"].map(bits)).toEqual([8, 9, 8]);
  expect(["中", "𠀀"].map(bits)).toEqual([18, 18]);
  expect(["\u0301", "a", "é", "1", "!"].map(bits)).toEqual([4, 16, 16, 0, 0]);
});
