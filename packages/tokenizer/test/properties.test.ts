import {
  loadTokenizer,
  pack,
  pad,
  sortByLength,
  type TextInput,
  unique,
} from "@espalier/tokenizer";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture } from "./fixture.ts";

const NAMES = ["tiny-bert", "tiny-roberta", "tiny-xlm-roberta", "tiny-modernbert"] as const;
type Loaded = Awaited<ReturnType<typeof loadTokenizer>>;
const tokenizers = new Map<string, Loaded>();
beforeAll(async () => {
  for (const name of NAMES) {
    tokenizers.set(name, await loadTokenizer(fixture(name), { maxLengthTokens: 64 }));
  }
});

/** Any UTF-16, lone surrogates too, mixed with words, marks and special tokens. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.string({
        unit: fc.integer({ max: 0xffff }).map((unit) => String.fromCharCode(unit)),
        maxLength: 8,
      }),
      fc.constantFrom(
        "the man",
        " [MASK] ",
        "</s>",
        "<mask>",
        "e\u0301",
        "Σ",
        "\r\n",
        "        ",
        "😀",
        "中",
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));
const input: fc.Arbitrary<TextInput> = fc.oneof(text, fc.tuple(text, text));

describe.each(NAMES)("%s", (name) => {
  const tokenizer = () => tokenizers.get(name) as Loaded;

  it("encodes any text within its limit, ids within the vocabulary, special tokens at both ends", () => {
    const [first, last] = tokenizer().encode("").ids;
    fc.assert(
      fc.property(input, fc.integer({ min: 4, max: 64 }), (value, maxLengthTokens) => {
        const { ids, typeIds } = tokenizer().encode(value, { maxLengthTokens });
        expect(ids.length).toBeLessThanOrEqual(maxLengthTokens);
        expect(ids.every((id) => id >= 0 && id < tokenizer().vocabSize)).toBe(true);
        expect([ids[0], ids.at(-1)]).toEqual([first, last]);
        if (typeIds !== undefined) expect(typeIds.length).toBe(ids.length);
      }),
      { numRuns: 200 },
    );
  });

  it("cuts a text to the start of what it is without a limit", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 64 }), (value, maxLengthTokens) => {
        const whole = [...tokenizer().encode(value).ids];
        const cut = [...tokenizer().encode(value, { maxLengthTokens }).ids];
        expect(cut.length).toBe(Math.min(whole.length, maxLengthTokens));
        expect(cut.slice(0, -1)).toEqual(whole.slice(0, cut.length - 1));
      }),
      { numRuns: 100 },
    );
  });

  it("encodes a batch like its texts one by one, in any order", () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 6 }), (values) => {
        const one = values.map((value) => tokenizer().encode(value));
        expect(tokenizer().encodeBatch(values)).toEqual(one);
        expect(tokenizer().encodeBatch(values.toReversed())).toEqual(one.toReversed());
      }),
      { numRuns: 50 },
    );
  });

  it("packs, pads and sorts without losing a token", () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 6 }), (values) => {
        const encodings = tokenizer().encodeBatch(values);
        const packed = pack(encodings);
        const padded = pad(encodings, { padId: tokenizer().padId });
        for (const [b, { ids, typeIds }] of encodings.entries()) {
          const [start, end] = [packed.starts[b] as number, packed.starts[b + 1] as number];
          expect(packed.ids.slice(start, end)).toEqual(ids);
          if (typeIds !== undefined) expect(packed.typeIds?.slice(start, end)).toEqual(typeIds);
          const row = b * padded.lengthTokens;
          const filled = padded.lengthTokens - ids.length;
          expect([...padded.ids.slice(row, row + padded.lengthTokens)]).toEqual([
            ...ids,
            ...Array(filled).fill(tokenizer().padId),
          ]);
          expect([...padded.mask.slice(row, row + padded.lengthTokens)]).toEqual([
            ...Array(ids.length).fill(1),
            ...Array(filled).fill(0),
          ]);
        }
        const order = [...sortByLength(encodings)];
        const lengths = order.map((b) => encodings[b]!.ids.length);
        expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
        expect(order.toSorted((a, b) => a - b)).toEqual(values.map((_, b) => b));
      }),
      { numRuns: 50 },
    );
  });
});

it("finds each text once", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.constantFrom<TextInput>("", "a", "ab", ["a", "b"], ["", "ab"], ["ab", ""]),
          input,
        ),
        { maxLength: 20 },
      ),
      (values) => {
        const { firsts, inverse } = unique(values);
        expect([...inverse].map((u) => values[firsts[u]!])).toEqual(values);
        expect(new Set([...firsts].map((b) => JSON.stringify(values[b]))).size).toBe(firsts.length);
        expect([...firsts]).toEqual([...firsts].toSorted((a, b) => a - b));
      },
    ),
  );
});

it("takes long texts without a blow-up", () => {
  const long = ["a", "word ", " ", "中", "e\u0301", "!", "\t\n", "[MASK]", "\ud800", "1"].map(
    (part) => part.repeat(100_000 / part.length),
  );
  for (const tokenizer of tokenizers.values()) {
    for (const value of long) {
      expect(tokenizer.encode(value).ids.length).toBeLessThanOrEqual(64);
      expect(tokenizer.encode([value, "end"]).ids.length).toBeLessThanOrEqual(64);
    }
  }
});
