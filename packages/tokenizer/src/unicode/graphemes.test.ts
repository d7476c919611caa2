import fc from "fast-check";
import { expect, it } from "vitest";
import { graphemes } from "./graphemes.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const whole = (text: string): string[] => Array.from(segmenter.segment(text), (s) => s.segment);

it("gives the clusters of the segmenter, also across its chunks", () => {
  const part = fc.constantFrom(
    "a",
    "\u0301",
    "👍",
    "🏽",
    "\u200d",
    "🇫",
    "🇷",
    "\r",
    "\n",
    "각",
    "\u11a8",
    "x".repeat(97),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 200 }), fc.nat({ max: 300 }), (parts, shift) => {
      const text = "y".repeat(shift) + parts.join("");
      expect([...graphemes(text, segmenter)]).toEqual(whole(text));
    }),
  );
});

it("joins a cluster that is longer than a chunk", () => {
  const long = `a${"\u0301".repeat(1000)}`;
  expect([...graphemes(`${long}b`, segmenter)]).toEqual([long, "b"]);
});

it("cuts no surrogate pair where a chunk ends", () => {
  for (let shift = 250; shift < 256; shift++) {
    const text = `${"y".repeat(shift)}${"👍🏽".repeat(3)}`;
    expect([...graphemes(text, segmenter)]).toEqual(whole(text));
  }
});
