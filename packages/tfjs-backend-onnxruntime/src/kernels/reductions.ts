import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { flag, int } from "../graph/attribute.ts";
import { float, int64s, scalar } from "../graph/constant.ts";
import type { GraphDtype, Value } from "../graph/value.ts";
import { sizeOf, viewOf } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { on } from "./float-operators.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { columnSum } from "./products.ts";
import { filled } from "./shapes.ts";

interface ReduceAttrs {
  readonly axis?: number | number[];
  /** What the attribute is called in Max. */
  readonly reductionIndices?: number | number[];
  readonly keepDims: boolean;
}

/** Which axes, and the shapes without them and with them as 1. */
interface Reduction {
  readonly axes: readonly number[];
  readonly shape: number[];
  readonly kept: number[];
}

function reductionOf(x: TensorInfo, axis: number | number[] | undefined): Reduction {
  const axes = util.parseAxisParam(axis as number[], x.shape);
  const [shape] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  return { axes, shape, kept: backend_util.expandShapeToKeepDim(shape, axes) };
}

/** A Reduce operator over the given axes, with these kept as dimensions of length 1. */
export function reduce(
  backend: OnnxruntimeBackend,
  value: Value,
  how: { op: string; axes: readonly number[] },
): Value {
  const { op, axes } = how;
  return backend.op({
    op,
    inputs: [value, int64s(axes)],
    attributes: { keepdims: int(1) },
    shape: value.shape.map((size, i) => (axes.includes(i) ? 1 : size)),
    dtype: value.dtype,
  });
}

function reduction(
  name: string,
  op: string,
  convert: (dtype: GraphDtype) => { within: GraphDtype; result: GraphDtype; empty: number },
): Kernel {
  return kernel<{ x: TensorInfo }, ReduceAttrs>(name, ({ x }, attrs, backend) => {
    const { axes, shape, kept } = reductionOf(x, attrs.reductionIndices ?? attrs.axis);
    const outShape = attrs.keepDims ? kept : shape;
    const { within, result, empty } = convert(x.dtype as GraphDtype);
    if (sizeOf(x.shape) === 0) {
      return backend.tensor(filled(backend, outShape, { dtype: result, value: empty }));
    }
    const value = castValue(backend, backend.value(x), within);
    if (axes.length === 0) {
      return result === x.dtype
        ? backend.share(x, outShape)
        : backend.tensor(castValue(backend, value, result), outShape);
    }
    const how = { op, axes };
    const reduced = overRows(backend, value, how) ?? keepingNan(backend, value, how);
    return backend.tensor(castValue(backend, reduced, result), outShape);
  });
}

/**
 * Sums and means over all axes but the last, for the gradients of biases and for batch normalization: with the runtime's own
 * operator they take up to 18 times as long. Undefined where it is another reduction.
 */
function overRows(
  backend: OnnxruntimeBackend,
  value: Value,
  { op, axes }: { op: string; axes: readonly number[] },
): Value | undefined {
  const last = value.shape.length - 1;
  const leaveLast = axes.length === last && !axes.includes(last);
  if (value.dtype !== "float32" || last === 0 || !leaveLast) return undefined;
  const columns = value.shape[last] as number;
  const rows = value.size / columns;
  const sum = columnSum(backend, viewOf(value, [rows, columns]));
  if (op === "ReduceSum") return sum;
  if (op !== "ReduceMean") return undefined;
  // How many rows there are is counted too, so that the graph is one for batches of all sizes.
  const counted = columnSum(backend, filled(backend, [rows, 1], { dtype: "float32", value: 1 }));
  return on(backend, sum.shape)("Div", sum, counted);
}

/** ONNX Runtime's maximum and minimum of floats skip NaN; in tfjs one NaN makes the result NaN. */
function keepingNan(
  backend: OnnxruntimeBackend,
  value: Value,
  how: { op: string; axes: readonly number[] },
): Value {
  const result = reduce(backend, value, how);
  const selects = how.op === "ReduceMax" || how.op === "ReduceMin";
  if (!selects || value.dtype !== "float32") return result;
  const isNan = castValue(backend, nanMask(backend, value), "int32");
  const found = castValue(
    backend,
    reduce(backend, isNan, { op: "ReduceMax", axes: how.axes }),
    "bool",
  );
  return backend.op({
    op: "Where",
    inputs: [found, float(Number.NaN), result],
    shape: result.shape,
    dtype: "float32",
  });
}

export function nanMask(backend: OnnxruntimeBackend, value: Value): Value {
  return backend.op({ op: "IsNaN", inputs: [value], shape: value.shape, dtype: "bool" });
}

const same = (empty: number) => (dtype: GraphDtype) => ({ within: dtype, result: dtype, empty });
const viaInt = (empty: number) => (dtype: GraphDtype) => {
  const within = dtype === "bool" ? "int32" : dtype;
  return { within, result: within, empty } as const;
};
const truth = (empty: number) => () => ({ within: "int32", result: "bool", empty }) as const;

function argument(name: string, op: string): Kernel {
  const worst = float(op === "ArgMax" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  return kernel<{ x: TensorInfo }, { axis: number }>(name, ({ x }, { axis }, backend) => {
    const [at] = util.parseAxisParam(axis, x.shape) as [number];
    const shape = x.shape.filter((_, i) => i !== at);
    const dtype = x.dtype === "bool" ? "int32" : (x.dtype as GraphDtype);
    let value = castValue(backend, backend.value(x), dtype);
    if (dtype === "float32") {
      // NaN is never the answer.
      const inputs = [nanMask(backend, value), worst, value];
      value = backend.op({ op: "Where", inputs, shape: x.shape, dtype });
    }
    const index = backend.op({
      op,
      inputs: [value],
      attributes: { axis: int(at), keepdims: int(0) },
      shape,
      dtype: "int64",
    });
    return backend.tensor(castValue(backend, index, "int32"));
  });
}

function cumulative(
  name: string,
  run: (backend: OnnxruntimeBackend, value: Value, attrs: CumulativeAttrs) => Value,
): Kernel {
  return kernel<{ x: TensorInfo }, CumulativeAttrs>(name, ({ x }, attrs, backend) => {
    const axis = util.parseAxisParam(attrs.axis, x.shape)[0] as number;
    const dtype = x.dtype === "bool" ? "int32" : (x.dtype as GraphDtype);
    const value = castValue(backend, backend.value(x), dtype);
    return backend.tensor(run(backend, value, { ...attrs, axis }));
  });
}

interface CumulativeAttrs {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

export const REDUCTION_KERNELS: readonly Kernel[] = [
  reduction("Sum", "ReduceSum", viaInt(0)),
  reduction("Prod", "ReduceProd", viaInt(1)),
  reduction("Max", "ReduceMax", same(Number.NEGATIVE_INFINITY)),
  reduction("Min", "ReduceMin", same(Number.POSITIVE_INFINITY)),
  reduction("All", "ReduceMin", truth(1)),
  reduction("Any", "ReduceMax", truth(0)),
  reduction("Mean", "ReduceMean", () => ({
    within: "float32",
    result: "float32",
    empty: Number.NaN,
  })),
  argument("ArgMax", "ArgMax"),
  argument("ArgMin", "ArgMin"),
  cumulative("Cumsum", (backend, value, { axis, exclusive, reverse }) =>
    backend.op({
      op: "CumSum",
      inputs: [value, int64s([axis])],
      attributes: { exclusive: flag(exclusive), reverse: flag(reverse) },
      shape: value.shape,
      dtype: value.dtype,
    }),
  ),
  cumulative("Cumprod", cumulativeProduct),
  kernel<{ logits: TensorInfo }, { dim: number }>("Softmax", ({ logits }, { dim }, backend) =>
    backend.tensor(softmax(backend, castValue(backend, backend.value(logits), "float32"), dim)),
  ),
  kernel<{ logits: TensorInfo }, { axis: number }>(
    "LogSoftmax",
    ({ logits }, { axis }, backend) => {
      const value = castValue(backend, backend.value(logits), "float32");
      return backend.tensor(
        backend.op({
          op: "LogSoftmax",
          inputs: [value],
          attributes: { axis: int(axis) },
          shape: value.shape,
          dtype: "float32",
        }),
      );
    },
  ),
];

/** ONNX has no such operator: every turn doubles how far each product reaches (Hillis, Steele 1986). */
function cumulativeProduct(
  backend: OnnxruntimeBackend,
  value: Value,
  { axis, exclusive, reverse }: CumulativeAttrs,
): Value {
  const { shape, dtype } = value;
  const length = shape[axis] as number;
  /** Moved along the axis by a number of places, ones coming in. */
  const shift = (moved: Value, by: number): Value => {
    const before = shape.map((_, i) => (i === axis ? (reverse ? -by : by) : 0));
    const pads = int64s([...before, ...before.map((places) => 0 - places)]);
    return backend.op({ op: "Pad", inputs: [moved, pads, scalar(dtype, 1)], shape, dtype });
  };
  let product = exclusive ? shift(value, 1) : value;
  for (let reach = 1; reach < length; reach *= 2) {
    const inputs = [product, shift(product, reach)];
    product = backend.op({ op: "Mul", inputs, shape, dtype });
  }
  return product;
}

export function softmax(backend: OnnxruntimeBackend, value: Value, axis: number): Value {
  return backend.op({
    op: "Softmax",
    inputs: [value],
    attributes: { axis: int(axis) },
    shape: value.shape,
    dtype: "float32",
  });
}
