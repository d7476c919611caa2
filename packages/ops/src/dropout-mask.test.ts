import { createRng } from "@espalier/core";
import { expect, it } from "vitest";
import { dropoutMask } from "./dropout-mask.ts";

/** Byte by byte. */
function plainMask(length: number, rate: number, seed: number): Uint8Array {
  const rng = createRng(seed);
  const border = Math.floor(rate * 256);
  return rng.bytes(length).map((byte) => {
    if (byte === border) return rng.uniform() < rate * 256 - border ? 0 : 1;
    return byte > border ? 1 : 0;
  });
}

it.each([0.001, 1 / 256, 0.1, 127 / 256, 0.4999, 0.5, 0.7, 255 / 256])(
  "decides every element by its byte and the fine draws: rate %d",
  (rate) => {
    for (const length of [1, 2, 3, 4, 7, 64, 5001]) {
      const mask = dropoutMask(length, { rate, rng: createRng(length) });
      expect(mask).toEqual(plainMask(length, rate, length));
    }
  },
);
