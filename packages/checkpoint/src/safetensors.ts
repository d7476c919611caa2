/** The array each safetensors dtype is held in. Half precisions keep their raw 16 bits. */
export interface SafetensorsArrays {
  F64: Float64Array<ArrayBuffer>;
  F32: Float32Array<ArrayBuffer>;
  /** Raw IEEE half bits; `readFloat32` widens them. */
  F16: Uint16Array<ArrayBuffer>;
  /** Raw bfloat16 bits; `readFloat32` widens them. */
  BF16: Uint16Array<ArrayBuffer>;
  I64: BigInt64Array<ArrayBuffer>;
  I32: Int32Array<ArrayBuffer>;
  I16: Int16Array<ArrayBuffer>;
  I8: Int8Array<ArrayBuffer>;
  U64: BigUint64Array<ArrayBuffer>;
  U32: Uint32Array<ArrayBuffer>;
  U16: Uint16Array<ArrayBuffer>;
  U8: Uint8Array<ArrayBuffer>;
  /** One byte a value, 0 or 1. */
  BOOL: Uint8Array<ArrayBuffer>;
}

export type SafetensorsDtype = keyof SafetensorsArrays;

/** One stored tensor, row-major. A union over the dtypes, so `dtype` narrows `data`. */
export type SafetensorsTensor = {
  [D in SafetensorsDtype]: {
    readonly dtype: D;
    /** Dimensions; `[]` is a scalar. */
    readonly shape: readonly number[];
    readonly data: SafetensorsArrays[D];
  };
}[SafetensorsDtype];

/** The content of a safetensors file, or of the shards of one checkpoint. */
export interface Safetensors {
  /** What messages call the source, usually its path. */
  readonly file: string;
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** The `__metadata__` of the header; Hugging Face writes `{"format": "pt"}`. */
  readonly metadata: Readonly<Record<string, string>>;
}
