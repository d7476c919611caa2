import type { Constant, GraphDtype, HostArray } from "./value.ts";

/** Axes, shapes, positions: a 1-D int64 constant. */
export function int64s(values: readonly number[]): Constant {
  return {
    constant: "int64",
    shape: [values.length],
    data: BigInt64Array.from(values, (value) => BigInt(value)),
    text: `i64[${values.join()}]`,
  };
}

/** A scalar constant of the given dtype. Not for numbers that change between runs of the same graph. */
export function scalar(dtype: GraphDtype, value: number): Constant {
  return {
    constant: dtype,
    shape: [],
    data: scalarArray(dtype, value),
    text: `${dtype}(${value})`,
  };
}

export function float(value: number): Constant {
  return scalar("float32", value);
}

function scalarArray(dtype: GraphDtype, value: number): HostArray {
  switch (dtype) {
    case "float32":
      return new Float32Array([value]);
    case "int32":
      return new Int32Array([value]);
    case "int64":
      return new BigInt64Array([BigInt(value)]);
    case "float64":
      return new Float64Array([value]);
    default:
      return new Uint8Array([value]);
  }
}
