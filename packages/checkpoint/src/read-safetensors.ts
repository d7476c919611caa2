import { constants } from "node:buffer";
import { EspalierError } from "@espalier/core";
import { readFully, withFile } from "./file-access.ts";
import type { Safetensors } from "./safetensors.ts";
import { type TensorBytes, tensorOver } from "./safetensors-dtype.ts";
import { headerLength, parseHeader } from "./safetensors-header.ts";

/**
 * Reads a safetensors file. All tensors are views of one buffer that the file is read into once; only a
 * tensor that is not aligned to its element size is copied.
 * @throws {EspalierError} FILE_NOT_FOUND, or FILE_INVALID naming the file and the tensor; nothing is
 *   allocated on the word of a header that does not fit the file's size. UNSUPPORTED for a file larger than a buffer
 */
export function readSafetensors(path: string): Promise<Safetensors> {
  return withFile(path, async (handle, fileBytes) => {
    const first = new Uint8Array(Math.min(8, fileBytes));
    await readFully(handle, { path, position: 0, into: first });
    const header = new Uint8Array(headerLength(first, { file: path, fileBytes }));
    await readFully(handle, { path, position: 8, into: header });
    const start = 8 + header.length;
    const dataBytes = fileBytes - start;
    const { tensors, metadata } = parseHeader(header, { file: path, dataBytes });
    if (dataBytes > constants.MAX_LENGTH)
      throw new EspalierError(
        "UNSUPPORTED",
        `${path}: holds ${dataBytes} bytes of data, one buffer takes at most ${constants.MAX_LENGTH}; save it in shards`,
      );
    const data = new ArrayBuffer(dataBytes);
    await readFully(handle, { path, position: start, into: new Uint8Array(data) });
    return { file: path, tensors: overBuffer(tensors, { buffer: data, start: 0 }), metadata };
  });
}

/**
 * Decodes safetensors bytes; the tensors are views of `bytes` where the alignment allows.
 * @param file what error messages call it
 * @throws {EspalierError} FILE_INVALID naming `file` and the tensor
 */
export function decodeSafetensors(
  bytes: Uint8Array<ArrayBuffer>,
  file = "safetensors bytes",
): Safetensors {
  const length = headerLength(bytes.subarray(0, 8), { file, fileBytes: bytes.length });
  const start = 8 + length;
  const place = { file, dataBytes: bytes.length - start };
  const { tensors, metadata } = parseHeader(bytes.subarray(8, start), place);
  const region = { buffer: bytes.buffer, start: bytes.byteOffset + start };
  return { file, tensors: overBuffer(tensors, region), metadata };
}

function overBuffer(
  tensors: ReadonlyMap<string, TensorBytes>,
  region: { buffer: ArrayBuffer; start: number },
): Safetensors["tensors"] {
  const { buffer, start } = region;
  return new Map(
    [...tensors].map(([name, bytes]) => [
      name,
      tensorOver(buffer, { ...bytes, begin: start + bytes.begin, end: start + bytes.end }),
    ]),
  );
}
