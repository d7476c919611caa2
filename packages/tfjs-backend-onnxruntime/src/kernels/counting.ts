import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { int, text } from "../graph/attribute.ts";
import { scalar } from "../graph/constant.ts";
import { type GraphDtype, type Operand, sizeOf, type Value } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { filled, sliceValue } from "./shapes.ts";

interface Counted {
  readonly x: TensorInfo;
  /** One a number of x, or none at all: every number counts as 1. */
  readonly weights: TensorInfo;
}

interface CountOptions {
  /** Numbers from here on are not counted. */
  readonly size: number;
  /** 1 for numbers that occur, whatever their weights. */
  readonly binary: boolean;
  /** What x is seen as: each row is counted by itself. */
  readonly rows: number;
}

export const COUNTING_KERNELS: readonly Kernel[] = [
  kernel<Counted, { size: number }>("Bincount", (inputs, { size }, backend) =>
    backend.tensor(count(backend, inputs, { size, binary: false, rows: 1 }), [size]),
  ),
  kernel<Counted, { size: number; binaryOutput?: boolean }>(
    "DenseBincount",
    (inputs, { size, binaryOutput = false }, backend) => {
      const [rows, ...columns] = inputs.x.shape;
      // As in the cpu backend, a vector is counted even if `binaryOutput` is set.
      if (rows !== undefined && columns.length === 0) {
        return backend.tensor(count(backend, inputs, { size, binary: false, rows: 1 }), [size]);
      }
      if (rows === undefined || columns.length > 1) {
        const rank = inputs.x.shape.length;
        throw new Error(`Error in denseBincount: input must be rank 1 or 2, but got rank ${rank}.`);
      }
      return backend.tensor(count(backend, inputs, { size, binary: binaryOutput, rows }));
    },
  ),
];

/** `[rows, size]` in the dtype of the weights. */
function count(
  backend: OnnxruntimeBackend,
  { x, weights }: Counted,
  { size, binary, rows }: CountOptions,
): Value {
  const columns = expectNonNegative(backend, x, size) ? size : size + 1;
  const dtype = weights.dtype as GraphDtype;
  const total = sizeOf(x.shape);
  if (total === 0) return filled(backend, [rows, size], { dtype, value: 0 });
  const shape = [rows, total / rows];
  const weighted = !binary && sizeOf(weights.shape) > 0;
  const within: GraphDtype = weighted && dtype !== "bool" ? dtype : "int32";
  const value = backend.value({ ...x, shape });
  const counts = backend.op({
    op: "ScatterElements",
    inputs: [
      filled(backend, [rows, columns], { dtype: within, value: 0 }),
      columns === size ? value : capped(backend, value, size),
      weighted
        ? castValue(backend, backend.value({ ...weights, shape }), within)
        : filled(backend, shape, { dtype: within, value: 1 }),
    ],
    attributes: binary ? { axis: int(1) } : { axis: int(1), reduction: text("add") },
    shape: [rows, columns],
    dtype: within,
  });
  const range = { begin: [0, 0], end: [rows, size], shape: [rows, size] };
  return castValue(backend, columns === size ? counts : sliceValue(backend, counts, range), dtype);
}

/**
 * Numbers with those from `size` on as `size`, a column that is cut off, and negative ones as what the runtime refuses:
 * -1 would be the last column.
 */
function capped(backend: OnnxruntimeBackend, x: Value, size: number): Value {
  const call = (op: string, dtype: GraphDtype, ...inputs: Operand[]): Value =>
    backend.op({ op, inputs, shape: x.shape, dtype });
  const negative = call("Less", "bool", x, scalar("int32", 0));
  const bounded = call("Min", "int32", x, scalar("int32", size));
  return call("Where", "int32", negative, scalar("int32", size + 1), bounded);
}

/**
 * Throws while the op is recorded if a number is known to be negative.
 * @returns whether all numbers are known to be below `size`
 */
function expectNonNegative(backend: OnnxruntimeBackend, x: TensorInfo, size: number): boolean {
  const known = backend.known(x);
  if (known === undefined) return false;
  let largest = 0;
  for (let i = 0; i < known.length; i++) {
    const number = known[i] as number;
    if (number < 0) throw new Error("Input x must be non-negative!");
    largest = Math.max(largest, number);
  }
  return largest < size;
}
