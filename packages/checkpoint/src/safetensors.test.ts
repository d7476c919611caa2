import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeSafetensors } from "./encode-safetensors.ts";
import { readFloat32 } from "./read-float32.ts";
import { readInt32 } from "./read-int32.ts";
import { decodeSafetensors } from "./read-safetensors.ts";
import type { SafetensorsDtype, SafetensorsTensor } from "./safetensors.ts";
import { safetensorsDtypes, tensorOver } from "./safetensors-dtype.ts";

const dtypes = Object.keys(safetensorsDtypes) as SafetensorsDtype[];

const anyTensor = fc
  .record({
    dtype: fc.constantFrom(...dtypes),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    seed: fc.uint8Array({ minLength: 8, maxLength: 64 }),
  })
  .map(({ dtype, shape, seed }): SafetensorsTensor => {
    const end = shape.reduce((a, b) => a * b, 1) * safetensorsDtypes[dtype].sizeBytes;
    const bytes = Uint8Array.from({ length: end }, (_, i) => seed[i % seed.length] as number);
    return tensorOver(bytes.buffer, { dtype, shape, begin: 0, end });
  });

const names = fc.string({ unit: "grapheme", maxLength: 12 }).filter((n) => n !== "__metadata__");

const bytesOf = ({ data }: SafetensorsTensor) =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");

it("decodes what it encoded, at any alignment of the bytes", () => {
  fc.assert(
    fc.property(
      fc.dictionary(names, anyTensor, { maxKeys: 6 }),
      fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
      fc.integer({ min: 0, max: 7 }),
      (tensors, metadata, shift) => {
        const encoded = encodeSafetensors(tensors, metadata);
        expect(encoded.length % 8).toBe(
          Object.values(tensors).reduce((sum, t) => sum + t.data.byteLength, 0) % 8,
        );
        const shifted = new Uint8Array(encoded.length + shift).subarray(shift);
        shifted.set(encoded);
        const decoded = decodeSafetensors(shifted);
        expect(decoded.metadata).toEqual({ ...metadata });
        expect(new Set(decoded.tensors.keys())).toEqual(new Set(Object.keys(tensors)));
        for (const [name, tensor] of decoded.tensors) {
          const given = tensors[name] as SafetensorsTensor;
          expect([tensor.dtype, tensor.shape]).toEqual([given.dtype, given.shape]);
          expect(tensor.data.constructor).toBe(given.data.constructor);
          expect(bytesOf(tensor)).toBe(bytesOf(given));
        }
        expect(encodeSafetensors(decoded.tensors, decoded.metadata)).toEqual(encoded);
      },
    ),
  );
});

it("survives any damage with its own error", () => {
  const valid = encodeSafetensors({
    a: { dtype: "F32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    b: { dtype: "I64", shape: [1], data: BigInt64Array.of(5n) },
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(valid.length),
      (changes, length) => {
        const broken = valid.slice(0, length === 0 ? valid.length : length);
        for (const [at, value] of changes) if (at < broken.length) broken[at] = value;
        try {
          decodeSafetensors(broken, "x.safetensors");
        } catch (error) {
          expect(error).toMatchObject({ code: "FILE_INVALID" });
          expect((error as Error).message).toMatch(/^x\.safetensors: /);
        }
      },
    ),
    { numRuns: 500 },
  );
});

it("writes the highest ranked dtype first, then by UTF-8 name, header padded to 8", () => {
  const f32 = { dtype: "F32", shape: [], data: Float32Array.of(0) } as const;
  const bytes = encodeSafetensors({
    b: f32,
    "10": f32,
    "2": f32,
    "\u{1F600}": f32,
    "\uFFFD": f32,
    i: { dtype: "I64", shape: [], data: BigInt64Array.of(1n) },
    h: { dtype: "BOOL", shape: [1], data: Uint8Array.of(1) },
  });
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  expect(length % 8).toBe(0);
  const header = Buffer.from(bytes).toString("utf8", 8, 8 + length);
  expect([...header.matchAll(/"([^"]+)":\{"dtype/g)].map((match) => match[1])).toEqual([
    "i",
    "10",
    "2",
    "b",
    "\uFFFD",
    "\u{1F600}",
    "h",
  ]);
  expect(header.startsWith('{"__metadata__":{"format":"pt"},')).toBe(true);
});

it("reads floats of every width and says what is wrong otherwise", () => {
  const weights = decodeSafetensors(
    encodeSafetensors({
      double: { dtype: "F64", shape: [2], data: Float64Array.of(0.1, -2) },
      half: { dtype: "F16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
      brain: { dtype: "BF16", shape: [2], data: Uint16Array.of(0x3f80, 0xc000) },
      single: { dtype: "F32", shape: [2], data: Float32Array.of(0.5, 7) },
      whole: { dtype: "I64", shape: [2], data: BigInt64Array.of(-1n, 2n) },
    }),
    "w.safetensors",
  );
  expect([...readFloat32(weights, "double")]).toEqual([Math.fround(0.1), -2]);
  expect([...readFloat32(weights, "half")]).toEqual([1, -2]);
  expect([...readFloat32(weights, "brain", [2])]).toEqual([1, -2]);
  expect(readFloat32(weights, "single")).toBe(weights.tensors.get("single")?.data);
  expect(() => readFloat32(weights, "whole")).toThrow(
    'w.safetensors: tensor "whole" has dtype I64, expected F32',
  );
  expect(() => readFloat32(weights, "single", [1, 2])).toThrow(
    'tensor "single" has shape [2], expected [1, 2]',
  );
  expect(() => readFloat32(weights, "singel")).toThrow(
    'w.safetensors: tensor "singel" is missing (did you mean "single"?)',
  );
});

it("reads integers into int32 and refuses what does not fit", () => {
  const weights = decodeSafetensors(
    encodeSafetensors({
      long: { dtype: "I64", shape: [2], data: BigInt64Array.of(-5n, 2147483647n) },
      big: { dtype: "I64", shape: [2], data: BigInt64Array.of(0n, 2147483648n) },
      byte: { dtype: "U8", shape: [1], data: Uint8Array.of(200) },
      int: { dtype: "I32", shape: [1], data: Int32Array.of(-1) },
      real: { dtype: "F32", shape: [1], data: Float32Array.of(1) },
    }),
    "w",
  );
  expect([...readInt32(weights, "long", [2])]).toEqual([-5, 2147483647]);
  expect([...readInt32(weights, "byte")]).toEqual([200]);
  expect(readInt32(weights, "int")).toBe(weights.tensors.get("int")?.data);
  expect(() => readInt32(weights, "big")).toThrow(
    'w: tensor "big" holds 2147483648 at position 1, which does not fit int32',
  );
  expect(() => readInt32(weights, "real")).toThrow('tensor "real" has dtype F32');
});

it("refuses to encode what does not fit together", () => {
  const data = Float32Array.of(1, 2);
  expect(() => encodeSafetensors({ a: { dtype: "F32", shape: [3], data } })).toThrow(
    'tensor "a": dtype F32 and shape [3] need 12 bytes, given 8',
  );
  expect(() => encodeSafetensors({ a: { dtype: "F32", shape: [-1, -2], data } })).toThrow(
    expect.objectContaining({ code: "SHAPE_MISMATCH" }),
  );
  expect(() => encodeSafetensors({ __metadata__: { dtype: "F32", shape: [2], data } })).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID" }),
  );
});
