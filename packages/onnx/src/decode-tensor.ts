import { EspalierError } from "@espalier/core";
import { dtypeBytes, dtypeOfCode, type OnnxDtype } from "./dtype.ts";
import type { TensorSpec } from "./graph-spec.ts";
import { TENSOR } from "./proto-fields.ts";
import { integer, type Reader, readMessage, repeated } from "./read-message.ts";

/** Reads a TensorProto, whichever of its data fields the values are in. */
export function decodeTensor(reader: Reader, place: string): TensorSpec {
  const shape: number[] = [];
  const floats: number[] = [];
  const ints: number[] = [];
  const longs: number[] = [];
  let name = "";
  let code = 0;
  let raw: Uint8Array | undefined;
  let external = false;
  readMessage(reader, {
    [TENSOR.dims]: repeated(shape, (inner) => integer(inner.int64())),
    [TENSOR.dataType]: (inner) => {
      code = inner.int32();
    },
    [TENSOR.name]: (inner) => {
      name = inner.string();
    },
    [TENSOR.rawData]: (inner) => {
      raw = new Uint8Array(inner.bytes()); // a copy: typed arrays need aligned starts
    },
    [TENSOR.floatData]: repeated(floats, (inner) => inner.float()),
    [TENSOR.int32Data]: repeated(ints, (inner) => inner.int32()),
    [TENSOR.int64Data]: repeated(longs, (inner) => integer(inner.int64())),
    [TENSOR.doubleData]: repeated(floats, (inner) => inner.double()),
    [TENSOR.dataLocation]: (inner) => {
      external = inner.int32() === 1;
    },
  });
  const where = `${place}: initializer "${name}"`;
  const dtype = dtypeOfCode(code, where);
  if (external) throw new EspalierError("UNSUPPORTED", `${where}: its values are in another file`);
  const bytes: Uint8Array = raw ?? fromNumbers(dtype, { floats, ints, longs });
  const expected = shape.reduce((product, size) => product * size, dtypeBytes(dtype));
  if (bytes.byteLength !== expected) {
    throw new EspalierError(
      "FILE_INVALID",
      `${where}: ${dtype} [${shape.join(", ")}] needs ${expected} bytes, the file has ${bytes.byteLength}`,
    );
  }
  return { name, dtype, shape, data: typedView(dtype, bytes) };
}

function fromNumbers(
  dtype: OnnxDtype,
  values: { floats: number[]; ints: number[]; longs: number[] },
): Uint8Array {
  const { floats, ints, longs } = values;
  const array = typedView(dtype, new Uint8Array(0));
  if (dtype === "int64" || dtype === "uint64") {
    return bytesOf(BigInt64Array.from(longs, (value) => BigInt(value)));
  }
  const kind = array.constructor as Float32ArrayConstructor;
  return bytesOf(kind.from(dtype.startsWith("float") && dtype !== "float16" ? floats : ints));
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** 16-bit floats stay bits, in a Uint16Array. */
function typedView(dtype: OnnxDtype, bytes: Uint8Array): ArrayBufferView {
  const Kind = ARRAYS[dtype];
  return new Kind(
    bytes.buffer as ArrayBuffer,
    bytes.byteOffset,
    bytes.byteLength / dtypeBytes(dtype),
  );
}

const ARRAYS = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bfloat16: Uint16Array,
} as const;
