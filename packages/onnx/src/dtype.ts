import { EspalierError } from "@espalier/core";

/** Element types, named as in onnxruntime-node where it has a name for them. */
export type OnnxDtype = keyof typeof DTYPES;

/** `TensorProto.DataType` and bytes an element (onnx.proto3). */
const DTYPES = {
  float32: { code: 1, bytes: 4 },
  uint8: { code: 2, bytes: 1 },
  int8: { code: 3, bytes: 1 },
  uint16: { code: 4, bytes: 2 },
  int16: { code: 5, bytes: 2 },
  int32: { code: 6, bytes: 4 },
  int64: { code: 7, bytes: 8 },
  bool: { code: 9, bytes: 1 },
  float16: { code: 10, bytes: 2 },
  float64: { code: 11, bytes: 8 },
  uint32: { code: 12, bytes: 4 },
  uint64: { code: 13, bytes: 8 },
  bfloat16: { code: 16, bytes: 2 },
} as const;

export function dtypeCode(dtype: OnnxDtype): number {
  return DTYPES[dtype].code;
}

export function dtypeBytes(dtype: OnnxDtype): number {
  return DTYPES[dtype].bytes;
}

/** @throws {EspalierError} UNSUPPORTED for string, complex and sub-byte types */
export function dtypeOfCode(code: number, place: string): OnnxDtype {
  for (const [dtype, entry] of Object.entries(DTYPES)) {
    if (entry.code === code) return dtype as OnnxDtype;
  }
  const known = Object.keys(DTYPES).join(", ");
  throw new EspalierError("UNSUPPORTED", `${place}: element type ${code} is not one of ${known}`);
}
