import { createRng } from "@espalier/core";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { encodeTexts, type TextEncoder } from "./encode-texts.ts";
import { type PackedBatch, packBatch } from "./packed-batch.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** A model whose vector is [length, first id, sum of ids]; it notes the batches it sees. */
function counting(): TextEncoder & { batches: PackedBatch[] } {
  const batches: PackedBatch[] = [];
  return {
    batches,
    dimension: 3,
    tokenize: (text) => ({
      ids: Int32Array.from([text].flat().join("|"), (symbol) => symbol.charCodeAt(0)),
    }),
    collate: (encodings, options) => packBatch(encodings, { heads: 1, ...options }),
    forward(batch) {
      batches.push(batch);
      const rows = Array.from(batch.lengths, (length, b) => {
        const ids = batch.ids.subarray(batch.starts[b], (batch.starts[b] as number) + length);
        return [length, ids[0] ?? 0, ids.reduce((sum, id) => sum + id, 0)];
      });
      return tf.tensor2d(rows, [rows.length, 3]);
    },
  };
}

const plain = { batchSize: 4, prompt: "", promptTokens: 0, dimension: 3, normalize: false };

it("restores the order and encodes each text once", async () => {
  const rng = createRng(1);
  const texts = Array.from({ length: 50 }, () => "abcdefgh".slice(0, 1 + (rng.uint32() % 8)));
  const model = counting();
  const before = tf.memory().numTensors;
  const { data, rows, dimension } = await encodeTexts(model, texts, plain);
  expect([rows, dimension]).toEqual([50, 3]);
  for (const [row, text] of texts.entries()) expect(data[3 * row]).toBe(text.length);
  expect(model.batches.map((batch) => batch.texts)).toEqual([4, 4]); // 8 different lengths
  expect(model.batches.flatMap(({ lengths }) => Array.from(lengths))).toEqual([
    8, 7, 6, 5, 4, 3, 2, 1,
  ]);
  expect(tf.memory().numTensors).toBe(before);
});

it("tells a pair from the text it looks like", async () => {
  const model = counting();
  const texts = ['["a","b"]', ["a", "b"], ["a", "b"]] as const;
  const { data } = await encodeTexts(model, texts, { ...plain, prompt: "p: " });
  expect([data[0], data[3], data[6]]).toEqual([12, 6, 6]); // the prompt goes in front of the first part
  expect(data[1]).toBe("p".charCodeAt(0));
});

it("cuts, then normalises", async () => {
  const options = { ...plain, dimension: 2, normalize: true };
  const { data, dimension } = await encodeTexts(counting(), ["aaa", ""], options);
  expect(dimension).toBe(2);
  expect(Math.hypot(data[0] as number, data[1] as number)).toBeCloseTo(1, 6);
  expect((data[0] as number) / (data[1] as number)).toBeCloseTo(3 / 97, 6);
  expect(Array.from(data.subarray(2))).toEqual([0, 0]);
});

it("keeps launches of long texts small", async () => {
  const texts = Array.from({ length: 40 }, (_, i) => `${i}`.padEnd(500, "x"));
  const model = counting();
  await encodeTexts(model, texts, { ...plain, batchSize: 64 });
  expect(model.batches.map((batch) => batch.texts)).toEqual([16, 16, 8]); // 8,192 slots
});

it("reports progress and stops when asked to", async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  const encoding = encodeTexts(counting(), ["a", "bb", "ccc"], {
    ...{ ...plain, batchSize: 1, signal: controller.signal },
    onProgress({ done, total }) {
      seen.push(`${done}/${total}`);
      if (done === 2) controller.abort();
    },
  });
  await expect(encoding).rejects.toMatchObject({ code: "ABORTED" });
  expect(seen).toEqual(["1/3", "2/3"]);
});

it("has nothing to do without texts", async () => {
  expect(await encodeTexts(counting(), [], plain)).toEqual({
    data: new Float32Array(0),
    rows: 0,
    dimension: 3,
  });
});
