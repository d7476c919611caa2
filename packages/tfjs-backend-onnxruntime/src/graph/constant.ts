import type { Constant, GraphDtype, HostArray } from "./value.ts";

/** Axes, steps: a 1-D int64 constant that belongs to the structure of a graph. */
export function int64s(values: readonly number[]): Constant {
  return int64Constant(values, undefined);
}

/**
 * A 1-D int64 constant that follows from the shapes of tensors: a new shape, the end of a slice, paddings. A graph that
 * meets several of them reads it as an input (see `DimensionPattern`).
 */
export function fromShapes(values: readonly number[]): Constant {
  return int64Constant(values, values);
}

/** Data and text are made when they are asked for: a graph that is known already asks for neither. */
function int64Constant(
  values: readonly number[],
  derived: readonly number[] | undefined,
): Constant {
  return {
    constant: "int64",
    shape: [values.length],
    derived,
    get data() {
      return bigInts(values);
    },
    get text() {
      return `i64[${values.join()}]`;
    },
  };
}

export function bigInts(values: readonly number[]): BigInt64Array {
  return BigInt64Array.from(values, (value) => BigInt(value));
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

/** A few numbers that belong to the structure of a graph. */
export function float32s(data: Float32Array, shape: readonly number[]): Constant {
  return { constant: "float32", shape, data, text: `f32[${data.join()}](${shape.join()})` };
}

export function int32s(data: Int32Array, shape: readonly number[]): Constant {
  return { constant: "int32", shape, data, text: `i32[${data.join()}](${shape.join()})` };
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
