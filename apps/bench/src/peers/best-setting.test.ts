import { expect, it } from "vitest";
import { bestSetting, type OwnEncoder } from "./best-setting.ts";
import type { EncodePeer } from "./encode-peer.ts";

const texts = Array.from({ length: 512 }, (_, i) => `text ${i}`);
const work = { name: "many", texts, oneAtATime: false };

function ours(seconds: number): OwnEncoder {
  return {
    vectors: async (some) => some.map(() => Float32Array.of(0.5, 0.25, 1)),
    seconds: async () => seconds,
  };
}

/** @param seconds by batch size */
function peer(seconds: Readonly<Record<number, number>>, first = 0.5): EncodePeer {
  return {
    name: "peer",
    settings: Object.keys(seconds).map((size) => ({ batchSize: Number(size), sorted: true })),
    encode: async (_, { batchSize }) => ({
      seconds: seconds[batchSize] as number,
      sample: [[first, 0.25]],
    }),
    close: () => {},
  };
}

it("takes the fastest setting, and for one text a call the first", async () => {
  const found = await bestSetting(peer({ 8: 0.2, 32: 0.1, 64: 0.3 }), work, ours(0.1));
  expect(found).toEqual({ batchSize: 32, sorted: true });
  const each = { ...work, oneAtATime: true };
  expect((await bestSetting(peer({ 8: 0.2, 32: 0.1 }), each, ours(0.1))).batchSize).toBe(8);
});

it("refuses other vectors", async () => {
  await expect(bestSetting(peer({ 8: 1 }, 0.6), work, ours(1))).rejects.toMatchObject({
    code: "BACKEND_FAILED",
    message: "gives other vectors: text 0, value 0 is 0.60000 against 0.50000",
  });
});

it("leaves out what takes over a minute a round and five times ours, but not what is only long", async () => {
  await expect(bestSetting(peer({ 8: 40 }), work, ours(7))).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: "too slow to be timed: 40.0 s for 256 of the texts, ours 7.0 s",
  });
  expect((await bestSetting(peer({ 8: 40 }), work, ours(9))).batchSize).toBe(8);
  expect((await bestSetting(peer({ 8: 29 }), work, ours(1))).batchSize).toBe(8);
});
