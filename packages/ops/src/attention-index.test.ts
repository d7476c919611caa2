import fc from "fast-check";
import { expect, it } from "vitest";
import { attentionIndex } from "./attention-index.ts";

const layouts = fc
  .record({
    lengths: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
    heads: fc.integer({ min: 1, max: 4 }),
    dummyRows: fc.integer({ min: 1, max: 4 }),
    paddedSlots: fc.integer({ min: 1, max: 3 }),
    emptyTexts: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ lengths, dummyRows, paddedSlots, emptyTexts, heads }) => {
    const starts = startsOf(lengths);
    return {
      lengths,
      starts,
      tokens: starts.at(-1) as number,
      options: {
        heads,
        rows: (starts.at(-1) as number) + dummyRows,
        lengthTokens: Math.max(...lengths) + paddedSlots,
        batch: lengths.length + emptyTexts,
      },
    };
  });

it("leads every token to its slot and back, in every head", () => {
  fc.assert(
    fc.property(layouts, ({ lengths, starts, options }) => {
      const { heads, lengthTokens } = options;
      const index = attentionIndex(starts, options);
      for (const [b, length] of lengths.entries()) {
        for (let t = 0; t < length; t++) {
          for (let h = 0; h < heads; h++) {
            const row = ((starts[b] as number) + t) * heads + h;
            const slot = (b * heads + h) * lengthTokens + t;
            expect(index.gather[slot]).toBe(row);
            expect(index.scatter[row]).toBe(slot);
          }
        }
      }
    }),
  );
});

it("ties padded slots and dummy rows to each other, never to a token", () => {
  fc.assert(
    fc.property(layouts, ({ lengths, starts, tokens, options }) => {
      const { heads, lengthTokens, rows, batch } = options;
      const { gather, scatter, bias } = attentionIndex(starts, options);
      expect(gather.length).toBe(batch * heads * lengthTokens);
      expect(scatter.length).toBe(rows * heads);
      for (const [slot, row] of gather.entries()) {
        const text = Math.floor(slot / (heads * lengthTokens));
        const padded = slot % lengthTokens >= (lengths[text] ?? 0);
        expect(Math.floor(row / heads) >= tokens).toBe(padded);
        expect(bias[text * lengthTokens + (slot % lengthTokens)]).toBe(padded ? -1e9 : 0);
        // A head reads its own columns, of dummy rows too.
        expect(row % heads).toBe(Math.floor(slot / lengthTokens) % heads);
      }
      for (const slot of scatter.subarray(tokens * heads)) {
        expect(Math.floor((gather[slot] as number) / heads)).toBeGreaterThanOrEqual(tokens);
      }
    }),
  );
});

it("needs neither a dummy row nor a padded slot when every slot is a token", () => {
  const starts = startsOf([3, 3]);
  const { gather, bias, full } = attentionIndex(starts, { heads: 2, rows: 6, lengthTokens: 3 });
  expect(full).toBe(true);
  expect(attentionIndex(startsOf([3, 2]), { heads: 2, lengthTokens: 3 }).full).toBe(false); // 6 rows, too
  expect(new Set(gather).size).toBe(12);
  expect([...bias]).toEqual([0, 0, 0, 0, 0, 0]);
});

it("chooses sizes that work when none are given", () => {
  for (const lengths of [[3, 3], [2, 5, 1], [1]]) {
    const starts = startsOf(lengths);
    const tokens = starts.at(-1) as number;
    const index = attentionIndex(starts, { heads: 2 });
    expect(index.rows).toBe(tokens + 1);
    expect(index.batch * index.lengthTokens).toBeGreaterThan(tokens);
  }
});

it.each([
  [[2, 3], { rows: 5, lengthTokens: 3 }, "1 of 2 x 3 slots are padding, but none of 5 rows is"],
  [[3, 3], { rows: 7, lengthTokens: 3 }, "1 of 7 rows are padding, but no slot of 2 x 3"],
  [[2, 3], { rows: 4 }, "rows is 4, but the texts have 5 tokens"],
  [[2, 3], { lengthTokens: 2 }, "lengthTokens is 2, but the longest text has 3 tokens"],
  [[2, 3], { batch: 1 }, "batch is 1, but there are 2 texts"],
  [[2, 0], {}, "text 1 has 0 tokens, expected at least one"],
  [[2, 3], { heads: 0 }, "heads is 0, expected a whole number"],
  [[], {}, "starts has 1 entries"],
])("refuses texts of %j in %j", (lengths, options, message) => {
  expect(() => attentionIndex(startsOf(lengths), { heads: 2, ...options })).toThrow(message);
});

function startsOf(lengths: readonly number[]): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  for (const [b, length] of lengths.entries()) starts[b + 1] = (starts[b] as number) + length;
  return starts;
}
