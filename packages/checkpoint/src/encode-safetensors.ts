import { EspalierError } from "@espalier/core";
import type { SafetensorsTensor } from "./safetensors.ts";
import { isSafetensorsDtype, safetensorsDtypes } from "./safetensors-dtype.ts";

/** Tensors by name: a record or a map. */
export type SafetensorsEntries =
  | Readonly<Record<string, SafetensorsTensor>>
  | ReadonlyMap<string, SafetensorsTensor>;

/**
 * The safetensors file of some tensors, byte for byte what the reference implementation writes: highest
 * ranked dtype first, then by name, the header padded with spaces to 8 bytes.
 * @param metadata `__metadata__`, default `{ format: "pt" }` as Hugging Face libraries expect it
 * @throws {EspalierError} SHAPE_MISMATCH when a shape does not fit its data, CONFIG_INVALID for the
 *   reserved name `__metadata__` or an unknown dtype
 */
export function encodeSafetensors(
  entries: SafetensorsEntries,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): Uint8Array<ArrayBuffer> {
  const parts = safetensorsParts(entries, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** The same file in pieces (header, then one view per tensor), for writing without a copy. */
export function safetensorsParts(
  entries: SafetensorsEntries,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): Uint8Array[] {
  const sorted = [...toIterable(entries)]
    .map(([name, tensor]) => ({ name, key: Buffer.from(name), tensor }))
    .sort(
      (a, b) => rank(b.tensor, b.name) - rank(a.tensor, a.name) || Buffer.compare(a.key, b.key),
    );
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(["__metadata__", metadata]);
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const { name, tensor } of sorted) {
    checkTensor(name, tensor);
    const { dtype, shape, data } = tensor;
    const end = offset + data.byteLength;
    header.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset = end;
  }
  return [encodeHeader(header), ...parts];
}

function* toIterable(entries: SafetensorsEntries): Iterable<[string, SafetensorsTensor]> {
  yield* entries instanceof Map ? entries : Object.entries(entries);
}

// Not through an object: its integer-like keys ("0", "1") would jump to the front.
function encodeHeader(entries: readonly [string, unknown][]): Uint8Array {
  const fields = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const json = Buffer.from(`{${fields.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + length, " ");
  bytes.writeBigUInt64LE(BigInt(length), 0);
  json.copy(bytes, 8);
  return bytes;
}

function rank(tensor: SafetensorsTensor, name: string): number {
  if (!isSafetensorsDtype(tensor.dtype))
    throw new EspalierError(
      "CONFIG_INVALID",
      `tensor ${JSON.stringify(name)}: dtype ${JSON.stringify(tensor.dtype)} is not one of ${Object.keys(safetensorsDtypes).join(", ")}`,
    );
  return Object.keys(safetensorsDtypes).indexOf(tensor.dtype);
}

function checkTensor(name: string, tensor: SafetensorsTensor): void {
  const { dtype, shape, data } = tensor;
  if (name === "__metadata__")
    throw new EspalierError("CONFIG_INVALID", `"__metadata__" is reserved, not a tensor's name`);
  const { sizeBytes } = safetensorsDtypes[dtype];
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (
    !shape.every((n) => Number.isSafeInteger(n) && n >= 0) ||
    size * sizeBytes !== data.byteLength
  )
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `tensor ${JSON.stringify(name)}: dtype ${dtype} and shape [${shape.join(", ")}] need ${size * sizeBytes} bytes, given ${data.byteLength}`,
    );
}
