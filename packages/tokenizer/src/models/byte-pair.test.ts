import fc from "fast-check";
import { expect, it } from "vitest";
import { type BytePairConfig, bytePair } from "./byte-pair.ts";

const MERGES: ReadonlyArray<readonly [string, string]> = [
  ["b", "a"],
  ["a", "b"],
  ["a", "a"],
  ["ab", "ab"],
  ["aa", "b"],
  ["ba", "c"],
  ["c", "c"],
  ["cc", "cc"],
];

function config(change: Partial<BytePairConfig> = {}): BytePairConfig {
  const tokens = ["?", "a", "b", "c", ...MERGES.map((pair) => pair.join(""))];
  return {
    vocabulary: new Map(tokens.map((token, id) => [token, id])),
    merges: MERGES,
    unknownId: 0,
    fuseUnknown: false,
    byteFallback: false,
    ignoreMerges: false,
    continuingPrefix: "",
    endOfWordSuffix: "",
    ...change,
  };
}

/** The definition: again and again the best-ranked pair, leftmost first. */
function naive(word: string): string[] {
  const symbols = [...word];
  for (;;) {
    let best = { rank: Number.POSITIVE_INFINITY, at: -1 };
    for (let at = 0; at + 1 < symbols.length; at++) {
      const rank = MERGES.findIndex(([l, r]) => l === symbols[at] && r === symbols[at + 1]);
      if (rank >= 0 && rank < best.rank) best = { rank, at };
    }
    if (best.at < 0) return symbols;
    symbols.splice(best.at, 2, `${symbols[best.at]}${symbols[best.at + 1]}`);
  }
}

it("merges as the definition says", () => {
  const { vocabulary } = config();
  const model = bytePair(config());
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 30 });
  fc.assert(
    fc.property(word, (value) => {
      expect(model.tokenize(value)).toEqual(naive(value).map((token) => vocabulary.get(token)));
    }),
    { numRuns: 500 },
  );
});

it("fuses, drops or spells what it does not know", () => {
  expect(bytePair(config()).tokenize("xya")).toEqual([0, 0, 1]);
  expect(bytePair(config({ fuseUnknown: true })).tokenize("xyax")).toEqual([0, 1, 0]);
  expect(bytePair(config({ unknownId: undefined })).tokenize("xya")).toEqual([1]);
  const vocabulary = new Map([...config().vocabulary, ["<0xC3>", 50], ["<0xA9>", 51]]);
  const spelling = bytePair(config({ vocabulary, byteFallback: true }));
  expect(spelling.tokenize("aéx")).toEqual([1, 50, 51, 0]);
});

it("leaves words of the vocabulary whole when merges are ignored", () => {
  const vocabulary = new Map([...config().vocabulary, ["abcabc", 60]]);
  expect(bytePair(config({ vocabulary })).tokenize("abcabc")).not.toEqual([60]);
  expect(bytePair(config({ vocabulary, ignoreMerges: true })).tokenize("abcabc")).toEqual([60]);
});
