import fc from "fast-check";
import { expect, it } from "vitest";
import { packBatch } from "./packed-batch.ts";

const lengths = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 });

function encodings(of: readonly number[]) {
  return of.map((length, b) => ({
    ids: Int32Array.from({ length }, (_, t) => 100 * b + t + 1),
    typeIds: new Uint8Array(length).fill(b % 2),
  }));
}

it("keeps every token in its place, and adds a dummy row only where there is padding", () => {
  fc.assert(
    fc.property(lengths, (of) => {
      const batch = packBatch(encodings(of), { heads: 2 });
      const used = batch.starts[of.length] as number;
      expect(Array.from(batch.lengths)).toEqual(of);
      const rows = of.map((length) => Math.max(1, length));
      const padded = rows.some((length) => length !== rows[0]);
      expect(batch.ids.length).toBe(padded ? used + 1 : used);
      for (const [b, length] of of.entries()) {
        const start = batch.starts[b] as number;
        for (let t = 0; t < length; t++) {
          expect(batch.ids[start + t]).toBe(100 * b + t + 1);
          expect(batch.positions[start + t]).toBe(t);
          expect(batch.typeIds[start + t]).toBe(b % 2);
        }
      }
      expect(batch.ids.subarray(used).every((id) => id === 0)).toBe(true);
    }),
  );
});

it("leads every row to a slot and back, the dummy row to a padded one", () => {
  fc.assert(
    fc.property(lengths, (of) => {
      const batch = packBatch(encodings(of), { heads: 3 });
      const { lengthTokens, bias, gather, scatter } = batch.attention;
      const used = batch.starts[of.length] as number;
      expect(lengthTokens).toBe(Math.max(1, ...of));
      for (let row = 0; row < batch.ids.length; row++)
        for (let head = 0; head < 3; head++) {
          const slot = scatter[row * 3 + head] as number;
          const text = Math.floor(slot / (3 * lengthTokens));
          const padded = (bias[text * lengthTokens + (slot % lengthTokens)] as number) < 0;
          expect(padded).toBe(row >= used);
          if (!padded) expect(gather[slot]).toBe(row * 3 + head); // there and back
        }
    }),
  );
});

it("gives a text without tokens one row that is not one of its tokens", () => {
  const batch = packBatch(encodings([0, 3]), { heads: 1 });
  expect(Array.from(batch.starts)).toEqual([0, 1, 4]);
  expect(Array.from(batch.lengths)).toEqual([0, 3]);
});

it("refuses a batch without texts", () => {
  expect(() => packBatch([], { heads: 1 })).toThrow("0 texts");
});
