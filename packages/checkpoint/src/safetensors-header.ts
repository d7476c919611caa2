import { EspalierError } from "@espalier/core";
import { duplicateKey } from "./duplicate-key.ts";
import { isSafetensorsDtype, safetensorsDtypes, type TensorBytes } from "./safetensors-dtype.ts";

/** Where the tensors of a file are: offsets count from the first byte after the header. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the data, without gap or overlap. */
  readonly tensors: ReadonlyMap<string, TensorBytes>;
}

/** The format's own limit on the JSON header. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads the length of the header and checks it before anything of that length is allocated.
 * @param first the first 8 bytes of the file, fewer if it is shorter
 * @throws {EspalierError} FILE_INVALID
 */
export function headerLength(
  first: Uint8Array,
  place: { file: string; fileBytes: number },
): number {
  const { file, fileBytes } = place;
  if (first.length < 8)
    throw invalid(
      file,
      `${fileBytes} bytes are too short for a safetensors file (8-byte header length)`,
    );
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length === 0n) throw invalid(file, "the header is empty (header length 0)");
  if (length > MAX_HEADER_BYTES)
    throw invalid(
      file,
      `header length ${length} is over the format's limit of ${MAX_HEADER_BYTES} bytes; is it a safetensors file?`,
    );
  if (Number(length) > fileBytes - 8)
    throw invalid(
      file,
      `the header is cut off: header length ${length}, but the file has only ${fileBytes - 8} bytes after it`,
    );
  return Number(length);
}

/**
 * Parses and validates a header (https://github.com/huggingface/safetensors, "Format").
 * @param bytes the JSON header
 * @param place the file's name for messages and the number of bytes after the header
 * @throws {EspalierError} FILE_INVALID naming the file and the tensor
 */
export function parseHeader(
  bytes: Uint8Array,
  place: { file: string; dataBytes: number },
): SafetensorsHeader {
  const { file, dataBytes } = place;
  const json = parseJsonObject(bytes, file);
  let metadata: Record<string, string> = {};
  const found: [string, TensorBytes][] = [];
  for (const [name, entry] of Object.entries(json)) {
    if (name === "__metadata__") metadata = parseMetadata(entry, file);
    else found.push([name, parseEntry(entry, `${file}: tensor ${JSON.stringify(name)}`)]);
  }
  found.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  let previous = "";
  for (const [name, { begin, end }] of found) {
    const offsets = `tensor ${JSON.stringify(name)}: data_offsets [${begin}, ${end}]`;
    if (end > dataBytes)
      throw invalid(file, `${offsets} lie past the end: the file holds ${dataBytes} bytes of data`);
    if (begin < expected)
      throw invalid(
        file,
        `${offsets} overlap ${JSON.stringify(previous)}, which ends at ${expected}`,
      );
    if (begin > expected)
      throw invalid(file, `${offsets} leave a gap: the data before it end at ${expected}`);
    expected = end;
    previous = name;
  }
  if (expected !== dataBytes)
    throw invalid(
      file,
      `${dataBytes - expected} surplus bytes: the tensors end at ${expected}, the file holds ${dataBytes} bytes of data`,
    );
  return { metadata, tensors: new Map(found) };
}

function parseJsonObject(bytes: Uint8Array, file: string): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw invalid(file, "the header is not UTF-8", cause);
  }
  if (!text.startsWith("{"))
    throw invalid(
      file,
      `the header has to start with "{", not ${JSON.stringify(text.slice(0, 1))}`,
    );
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, `the header is not JSON: ${(cause as Error).message}`, cause);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined)
    throw invalid(file, `the header holds ${JSON.stringify(twice)} twice in one object`);
  return json;
}

function parseMetadata(entry: unknown, file: string): Record<string, string> {
  if (!isObject(entry)) throw invalid(file, "__metadata__ is not an object");
  for (const [key, value] of Object.entries(entry))
    if (typeof value !== "string")
      throw invalid(
        file,
        `__metadata__: ${JSON.stringify(key)} is ${JSON.stringify(value)}, expected a string`,
      );
  return entry as Record<string, string>;
}

function parseEntry(entry: unknown, place: string): TensorBytes {
  if (!isObject(entry)) throw invalid(place, "is not an object");
  for (const key of ["dtype", "shape", "data_offsets"])
    if (!Object.hasOwn(entry, key)) throw invalid(place, `${key} is missing`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isSafetensorsDtype(dtype))
    throw invalid(
      place,
      `dtype ${JSON.stringify(dtype)} is not one of ${Object.keys(safetensorsDtypes).join(", ")}`,
    );
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw invalid(place, `shape ${JSON.stringify(shape)} is not a list of sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw invalid(place, `data_offsets ${JSON.stringify(offsets)} are not two byte positions`);
  const [begin, end] = offsets as [number, number];
  if (end < begin) throw invalid(place, `data_offsets [${begin}, ${end}] end before they begin`);
  const needed =
    shape.reduce((product, size) => product * size, 1) * safetensorsDtypes[dtype].sizeBytes;
  if (needed !== end - begin)
    throw invalid(
      place,
      `dtype ${dtype} and shape [${shape.join(", ")}] need ${needed} bytes, data_offsets [${begin}, ${end}] hold ${end - begin}`,
    );
  return { dtype, shape, begin, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function invalid(place: string, what: string, cause?: unknown): EspalierError {
  return new EspalierError("FILE_INVALID", `${place}: ${what}`, { cause });
}
