import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readTfjsWeights } from "@espalier/checkpoint";
import { expect, it } from "vitest";
import { temporaryFolder } from "./unpack-directory.ts";

const bytes = Buffer.from(new Float32Array([1, 2, 3, 4, 5, 6, 0]).buffer);
bytes.writeInt32LE(-7, 24);

interface Weight {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: object;
}

const weights: Weight[] = [
  { name: "a", shape: [2, 3], dtype: "float32" },
  { name: "b", shape: [], dtype: "int32" },
];

/** Cut in the middle of a number, as tfjs does with its 4 MiB shards. */
async function model(change: { weights?: Weight[]; paths?: string[] } = {}): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "group1-shard1of2"), bytes.subarray(0, 10));
  await writeFile(join(folder, "group1-shard2of2"), bytes.subarray(10));
  const group = { paths: ["group1-shard1of2", "group1-shard2of2"], weights, ...change };
  const path = join(folder, "model.json");
  await writeFile(path, JSON.stringify({ modelTopology: {}, weightsManifest: [group] }));
  return path;
}

it("reads tensors across shards", async () => {
  expect(await readTfjsWeights(await model())).toEqual(
    new Map([
      ["a", { dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      ["b", { dtype: "int32", shape: [], data: Int32Array.of(-7) }],
    ]),
  );
});

const [a, b] = weights as [Weight, Weight];
it.each<[string, Parameters<typeof model>[0], string, RegExp]>([
  ["too few bytes", { paths: ["group1-shard1of2"] }, "FILE_INVALID", /need 28 bytes, .* hold 10/],
  ["too many bytes", { weights: [a] }, "FILE_INVALID", /need 24 bytes, .* hold 28/],
  [
    "a shard that is not there",
    { paths: ["group1-shard1of2", "x"] },
    "FILE_NOT_FOUND",
    /x: no such/,
  ],
  ["a shard elsewhere", { paths: ["../x"] }, "FILE_INVALID", /"\.\.\/x"/],
  ["a name twice", { weights: [a, { ...b, name: "a" }] }, "FILE_INVALID", /"a" occurs twice/],
  [
    "another dtype",
    { weights: [a, { ...b, dtype: "string" }] },
    "UNSUPPORTED",
    /"b": dtype "string"/,
  ],
  [
    "quantized",
    { weights: [a, { ...b, quantization: { dtype: "uint8" } }] },
    "UNSUPPORTED",
    /"b": quantized/,
  ],
  [
    "a bad shape",
    { weights: [{ ...a, shape: [-2, -3] }, b] },
    "CONFIG_INVALID",
    /weights\.0\.shape\.0/,
  ],
  [
    "a huge shape",
    { weights: [{ ...a, shape: [1e9, 1e9] }, b] },
    "FILE_INVALID",
    /need 4000000000000000000 bytes|need 4000000000000000\d+ bytes/,
  ],
])("refuses %s", async (_, change, code, message) => {
  const error = await readTfjsWeights(await model(change)).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ code });
  expect(error.message).toMatch(message);
});
