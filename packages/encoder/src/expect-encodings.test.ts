import type { Encoding } from "@espalier/tokenizer";
import { expect, it } from "vitest";
import { expectEncodings } from "./expect-encodings.ts";

const MODEL = { maxPositions: 3, vocabularySize: 10, segments: 1 };
const GOOD: Encoding = { ids: Int32Array.of(0, 9), typeIds: Uint8Array.of(0, 0) };

it.each<[string, Encoding]>([
  ["4 tokens, the model has 3 positions", { ids: new Int32Array(4) }],
  ["token id 10, the model's vocabulary has 10 (vocab_size)", { ids: Int32Array.of(1, 10) }],
  ["token id -1, the model's vocabulary has 10 (vocab_size)", { ids: Int32Array.of(-1) }],
  [
    "segment 1, the model has 1 (type_vocab_size)",
    { ids: Int32Array.of(1, 2), typeIds: Uint8Array.of(0, 1) },
  ],
])("refuses %s", (message, bad) => {
  expect(() => expectEncodings([GOOD, bad], MODEL)).toThrow(
    expect.objectContaining({
      code: "SHAPE_MISMATCH",
      message: `text 1 of the batch has ${message}`,
    }),
  );
});

it("takes any segment where the model reads none", () => {
  const { segments: _, ...unread } = MODEL;
  expectEncodings([{ ids: Int32Array.of(1), typeIds: Uint8Array.of(1) }], unread);
});
