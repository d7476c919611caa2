import { readFileSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  decodeSafetensors,
  encodeSafetensors,
  readFloat32,
  readSafetensors,
  writeSafetensors,
} from "@espalier/checkpoint";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./unpack-directory.ts";

const folder = join(import.meta.dirname, "fixtures", "safetensors");
const entries = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as {
  file: string;
  expect: string;
}[];

/** What each message has to say, besides the file's name. */
const says: Record<string, RegExp> = {
  "empty.safetensors": /too short/,
  "five-bytes.safetensors": /5 bytes are too short/,
  "only-length.safetensors": /header is cut off/,
  "header-length-too-large.safetensors": /header length \d+/,
  "header-length-100mb.safetensors": /header length 100000001/,
  "header-length-negative.safetensors": /header length 18446744073709551615/,
  "header-length-2-pow-53.safetensors": /header length 9007199254740994/,
  "header-length-zero.safetensors": /header is empty/,
  "header-length-short.safetensors": /header is not JSON/,
  "header-invalid-json.safetensors": /header is not JSON/,
  "header-is-an-array.safetensors": /header has to start with "\{"/,
  "header-invalid-utf8.safetensors": /header is not UTF-8/,
  "header-leading-space.safetensors": /header has to start with "\{"/,
  "truncated-data.safetensors": /tensor "bias": data_offsets \[112, 140\] lie past the end/,
  "trailing-bytes.safetensors": /surplus bytes/,
  "overlapping-offsets.safetensors": /tensor "bias".* overlap "weight"/,
  "gap-between-tensors.safetensors": /tensor "bias".*gap/,
  "offsets-out-of-range.safetensors": /tensor "bias": data_offsets .* past the end/,
  "offsets-reversed.safetensors": /tensor "bias": data_offsets .* end before they begin/,
  "offsets-negative.safetensors": /tensor "weight": data_offsets \[-/,
  "offsets-fractional.safetensors": /tensor "weight": data_offsets \[0\.5/,
  "offsets-as-strings.safetensors": /tensor "weight": data_offsets \["0"/,
  "duplicate-key.safetensors": /"weight" twice/,
  "unknown-dtype.safetensors": /tensor "bias": dtype "F33"/,
  "dtype-size-mismatch.safetensors": /tensor "weight": dtype F64 and shape \[4, 7\]/,
  "shape-size-mismatch.safetensors": /tensor "weight": .*shape \[/,
  "shape-overflow.safetensors": /tensor "weight": .*shape \[/,
  "shape-negative.safetensors": /tensor "weight": shape \[-/,
  "missing-data-offsets.safetensors": /tensor "bias": data_offsets is missing/,
  "metadata-not-strings.safetensors": /__metadata__/,
  "not-safetensors.safetensors": /header length/,
  "zip-pickle.safetensors": /header length/,
};

describe("broken safetensors files", () => {
  it("are all known here", () => {
    expect(entries).toHaveLength(33);
    expect(entries.map(({ file }) => file).sort()).toEqual(
      [...Object.keys(says), "valid.safetensors"].sort(),
    );
  });

  it.each(Object.entries(says))("%s", async (file, message) => {
    const path = join(folder, file);
    const error = await readSafetensors(path).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: "FILE_INVALID" });
    expect(error.message.startsWith(`${path}: `)).toBe(true);
    expect(error.message).toMatch(message);
    const bytes = new Uint8Array(readFileSync(path));
    expect(() => decodeSafetensors(bytes, path)).toThrow(error.message);
  });

  it("the control case loads", async () => {
    const { tensors } = await readSafetensors(join(folder, "valid.safetensors"));
    expect([...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ["weight", "F32", [4, 7]],
      ["bias", "F32", [7]],
    ]);
  });

  it("a file that is not there and a folder", async () => {
    await expect(readSafetensors(join(folder, "nothing"))).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    await expect(readSafetensors(folder)).rejects.toMatchObject({ code: "FILE_INVALID" });
  });
});

it("reads a file into one buffer without copies", async () => {
  const path = join(await temporaryFolder(), "w.safetensors");
  await writeSafetensors(path, {
    tensors: {
      a: { dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) },
      b: { dtype: "F16", shape: [1], data: Uint16Array.of(0x3c00) },
      c: { dtype: "I64", shape: [1], data: BigInt64Array.of(9n) },
    },
  });
  const weights = await readSafetensors(path);
  const buffers = new Set([...weights.tensors.values()].map(({ data }) => data.buffer));
  expect(buffers.size).toBe(1);
  expect([...buffers][0]?.byteLength).toBe(3 * 4 + 2 + 8);
  expect([...readFloat32(weights, "b")]).toEqual([1]);
  expect(weights.metadata).toEqual({ format: "pt" });
});

it("writes what the reference implementation writes, byte for byte", () => {
  // Written by safetensors 0.8.0 (Python).
  const reference = new Uint8Array(
    readFileSync(join(import.meta.dirname, "fixtures", "reference.safetensors")),
  );
  const { tensors, metadata } = decodeSafetensors(reference);
  expect(tensors.size).toBe(14);
  const shuffled = Object.fromEntries([...tensors].reverse());
  expect(encodeSafetensors(shuffled, metadata)).toEqual(reference);
});

it("replaces a file whole or not at all", async () => {
  const path = join(await temporaryFolder(), "w.safetensors");
  writeFileSync(path, "old");
  const data = Float32Array.of(1);
  const write = async (shape: number[]) =>
    writeSafetensors(path, { tensors: { a: { dtype: "F32", shape, data } } });
  await expect(write([2])).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
  expect(readFileSync(path, "utf8")).toBe("old");
  await write([1]);
  expect((await readSafetensors(path)).tensors.get("a")?.data).toEqual(data);
  expect(await readdir(join(path, ".."))).toEqual(["w.safetensors"]);
});
