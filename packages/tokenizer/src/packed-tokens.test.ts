import { expect, it } from "vitest";
import { pack } from "./packed-tokens.ts";
import { pad } from "./padded-tokens.ts";
import { sortByLength } from "./sort-by-length.ts";
import { unique } from "./unique-texts.ts";

const plain = { ids: Int32Array.of(7, 8, 9) };
const typed = { ids: Int32Array.of(5, 6), typeIds: Uint8Array.of(0, 1) };
const none = { ids: new Int32Array(0) };

it("packs encodings one after the other", () => {
  expect(pack([plain, none, typed])).toEqual({
    ids: Int32Array.of(7, 8, 9, 5, 6),
    starts: Int32Array.of(0, 3, 3, 5),
    typeIds: Uint8Array.of(0, 0, 0, 0, 1),
  });
  expect(pack([plain])).toEqual({ ids: plain.ids, starts: Int32Array.of(0, 3) });
  expect(pack([])).toEqual({ ids: none.ids, starts: Int32Array.of(0) });
});

it("pads encodings on the right", () => {
  expect(pad([typed, none, plain], { padId: 3 })).toEqual({
    ids: Int32Array.of(5, 6, 3, 3, 3, 3, 7, 8, 9),
    mask: Int32Array.of(1, 1, 0, 0, 0, 0, 1, 1, 1),
    typeIds: Int32Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0),
    batch: 3,
    lengthTokens: 3,
  });
  expect(pad([plain], { padId: 3 })).not.toHaveProperty("typeIds");
  expect(pad([], { padId: 3 })).toMatchObject({ batch: 0, lengthTokens: 0, ids: none.ids });
});

it("sorts by length, longest first, equal ones in order", () => {
  expect([...sortByLength([none, typed, plain, typed])]).toEqual([2, 1, 3, 0]);
});

it("finds repeated texts", () => {
  expect(unique(["a", "b", "a", ["a", "b"], "b", ["a", "b"]])).toEqual({
    firsts: Int32Array.of(0, 1, 3),
    inverse: Int32Array.of(0, 1, 0, 2, 1, 2),
  });
});
