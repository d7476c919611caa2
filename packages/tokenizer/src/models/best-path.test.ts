import fc from "fast-check";
import { expect, it } from "vitest";
import { bestPath, type Lattice } from "./best-path.ts";
import { pieceTrie } from "./piece-trie.ts";

const UNKNOWN = 0;
const PIECES: ReadonlyArray<readonly [string, number]> = [
  ["?", 0],
  ["a", -2],
  ["b", -3],
  ["ab", -4.5],
  ["bab", -5.25],
  ["é😀", -1.5],
  ["😀", -6],
];

function lattice(change: Partial<Lattice> = {}): Lattice {
  return {
    trie: pieceTrie(PIECES.map(([piece], id) => [piece, id] as const).slice(1)),
    scores: PIECES.map(([, score]) => score),
    unknownId: UNKNOWN,
    unknownScore: -20,
    unknownWhere: "no-single",
    ties: "first",
    ...change,
  };
}

/** All segmentations, by trying them. */
function* segmentations(text: string): Iterable<number[]> {
  if (text === "") yield [];
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  if (text !== "" && !PIECES.some(([piece], id) => id > 0 && piece === first))
    for (const rest of segmentations(text.slice(first.length))) yield [UNKNOWN, ...rest];
  for (const [id, [piece]] of PIECES.entries())
    if (id > 0 && text.startsWith(piece))
      for (const rest of segmentations(text.slice(piece.length))) yield [id, ...rest];
}

it("finds the most likely of all segmentations", () => {
  const scoreOf = (ids: readonly number[]) =>
    ids.reduce((sum, id) => sum + (id === UNKNOWN ? -20 : (PIECES[id]?.[1] ?? 0)), 0);
  const text = fc.string({ unit: fc.constantFrom("a", "b", "é", "😀", "x"), maxLength: 9 });
  fc.assert(
    fc.property(text, (value) => {
      const steps = bestPath(value, lattice()).toReversed();
      const best = Math.max(...Array.from(segmentations(value), scoreOf));
      expect(scoreOf(steps.map(({ id }) => id))).toBeCloseTo(best, 9);
      expect(steps.map(({ start, end }) => value.slice(start, end)).join("")).toBe(value);
    }),
  );
});

it("breaks ties as told", () => {
  const scores = [0, -2, -3, -5, -5, 0, 0];
  const ids = (ties: Lattice["ties"]) =>
    bestPath("ab", lattice({ scores, ties }))
      .map(({ id }) => id)
      .reverse();
  expect(ids("first")).toEqual([3]);
  expect(ids("last")).toEqual([1, 2]);
});

it("calls a code point unknown where no single piece or no piece at all starts", () => {
  const ids = (unknownWhere: Lattice["unknownWhere"]) =>
    bestPath("é😀", lattice({ unknownWhere, unknownScore: 0 }))
      .map(({ id }) => id)
      .reverse();
  expect(ids("no-single")).toEqual([5]);
  expect(ids("no-piece")).toEqual([5]);
  expect(bestPath("é", lattice({ unknownWhere: "no-piece" }))).toEqual([
    { id: UNKNOWN, start: 0, end: 1 },
  ]);
});
