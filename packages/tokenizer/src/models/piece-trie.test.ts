import fc from "fast-check";
import { expect, it } from "vitest";
import { pieceTrie } from "./piece-trie.ts";

it("finds the pieces that start at a place, shortest first", () => {
  const unit = fc.constantFrom("a", "b", "é", "😀", "\uffff");
  const piece = fc.string({ unit, maxLength: 5 });
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      fc.string({ unit, maxLength: 12 }),
      (all, text) => {
        const pieces = all.map((value, id) => [value, id] as const);
        const trie = pieceTrie(pieces);
        // Of equal pieces the last one counts; the empty one never matches.
        const expected = [...new Map(pieces)].filter(([value]) => value !== "");
        for (let start = 0; start <= text.length; start++) {
          const found: [number, number][] = [];
          trie.matches(text, start, (id, end) => found.push([id, end]));
          const want = expected
            .filter(([value]) => text.startsWith(value, start))
            .map(([value, id]): [number, number] => [id, start + value.length])
            .sort((a, b) => a[1] - b[1]);
          expect(found).toEqual(want);
        }
      },
    ),
  );
});
