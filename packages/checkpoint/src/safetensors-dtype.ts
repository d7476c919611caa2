import type { SafetensorsArrays, SafetensorsDtype, SafetensorsTensor } from "./safetensors.ts";

interface DtypeTraits<D extends SafetensorsDtype> {
  /** Size of one element. */
  readonly sizeBytes: 1 | 2 | 4 | 8;
  /** A view without a copy; `offset` has to be a multiple of `sizeBytes`. */
  view(buffer: ArrayBuffer, offset: number, length: number): SafetensorsArrays[D];
}

/**
 * The dtypes this package reads and writes, in the order the reference implementation
 * (safetensors 0.8, `enum Dtype`) ranks them; files hold the highest rank first.
 */
export const safetensorsDtypes: { readonly [D in SafetensorsDtype]: DtypeTraits<D> } = {
  BOOL: { sizeBytes: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
  U8: { sizeBytes: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
  I8: { sizeBytes: 1, view: (b, o, n) => new Int8Array(b, o, n) },
  I16: { sizeBytes: 2, view: (b, o, n) => new Int16Array(b, o, n) },
  U16: { sizeBytes: 2, view: (b, o, n) => new Uint16Array(b, o, n) },
  F16: { sizeBytes: 2, view: (b, o, n) => new Uint16Array(b, o, n) },
  BF16: { sizeBytes: 2, view: (b, o, n) => new Uint16Array(b, o, n) },
  I32: { sizeBytes: 4, view: (b, o, n) => new Int32Array(b, o, n) },
  U32: { sizeBytes: 4, view: (b, o, n) => new Uint32Array(b, o, n) },
  F32: { sizeBytes: 4, view: (b, o, n) => new Float32Array(b, o, n) },
  F64: { sizeBytes: 8, view: (b, o, n) => new Float64Array(b, o, n) },
  I64: { sizeBytes: 8, view: (b, o, n) => new BigInt64Array(b, o, n) },
  U64: { sizeBytes: 8, view: (b, o, n) => new BigUint64Array(b, o, n) },
};

export function isSafetensorsDtype(name: unknown): name is SafetensorsDtype {
  return typeof name === "string" && Object.hasOwn(safetensorsDtypes, name);
}

/** Where a tensor's values are in a buffer. */
export interface TensorBytes {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A tensor over `buffer`: a view where the alignment allows, a copy of this tensor where not. */
export function tensorOver(buffer: ArrayBuffer, bytes: TensorBytes): SafetensorsTensor {
  const { sizeBytes, view } = safetensorsDtypes[bytes.dtype];
  const length = (bytes.end - bytes.begin) / sizeBytes;
  const data =
    bytes.begin % sizeBytes === 0
      ? view(buffer, bytes.begin, length)
      : view(buffer.slice(bytes.begin, bytes.end), 0, length);
  return { dtype: bytes.dtype, shape: bytes.shape, data } as SafetensorsTensor;
}
