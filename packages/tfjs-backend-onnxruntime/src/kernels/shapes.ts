import { backend_util, slice_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { int, ints } from "../graph/attribute.ts";
import { fromShapes, int64s, scalar } from "../graph/constant.ts";
import type { GraphDtype, Value } from "../graph/value.ts";
import { createValue, sizeOf } from "../graph/value.ts";
import { type Kernel, kernel } from "./kernel.ts";

interface One {
  readonly x: TensorInfo;
}

/** A value repeated along dimensions of length 1. */
export function expand(backend: OnnxruntimeBackend, value: Value, shape: readonly number[]): Value {
  return backend.op({
    op: "Expand",
    inputs: [value, fromShapes(shape)],
    shape,
    dtype: value.dtype,
  });
}

/** Elements of a constant that may become part of a compiled graph. */
const MAX_FOLDED = 16_384;

/** One structural constant in every element. */
export function filled(
  backend: OnnxruntimeBackend,
  shape: readonly number[],
  content: { dtype: GraphDtype; value: number },
): Value {
  const { dtype, value } = content;
  const constant = scalar(dtype, value);
  // The runtime folds constants, and every compiled graph would keep its own copy of a large one.
  const one =
    sizeOf(shape) > MAX_FOLDED ? createValue(dtype, [], { data: constant.data }) : constant;
  return backend.op({ op: "Expand", inputs: [one, fromShapes(shape)], shape, dtype });
}

export function transpose(
  backend: OnnxruntimeBackend,
  value: Value,
  perm: readonly number[],
): Value {
  if (perm.every((axis, i) => axis === i)) return value;
  return backend.op({
    op: "Transpose",
    inputs: [value],
    attributes: { perm: ints(perm) },
    shape: perm.map((axis) => value.shape[axis] as number),
    dtype: value.dtype,
  });
}

/** `begin .. end` along every axis, with steps. */
export function sliceValue(
  backend: OnnxruntimeBackend,
  value: Value,
  range: {
    begin: readonly number[];
    end: readonly number[];
    step?: readonly number[];
    shape: readonly number[];
  },
): Value {
  const { begin, end, shape } = range;
  const axes = int64s(begin.map((_, axis) => axis));
  const steps = range.step === undefined ? [] : [int64s(range.step)];
  return backend.op({
    op: "Slice",
    inputs: [value, fromShapes(begin), fromShapes(end), axes, ...steps],
    shape,
    dtype: value.dtype,
  });
}

/** A value with a constant around it. */
export function pad(
  backend: OnnxruntimeBackend,
  value: Value,
  how: { paddings: readonly (readonly [number, number])[]; constantValue: number },
): Value {
  const { paddings, constantValue } = how;
  const { dtype } = value;
  const before = paddings.map((pair) => pair[0]);
  const after = paddings.map((pair) => pair[1]);
  if ([...before, ...after].every((count) => count === 0)) return value;
  const shape = value.shape.map((size, i) => size + (before[i] as number) + (after[i] as number));
  if (value.size === 0) return filled(backend, shape, { dtype, value: constantValue });
  const pads = fromShapes([...before, ...after]);
  const inputs = [value, pads, scalar(dtype, constantValue)];
  return backend.op({ op: "Pad", inputs, shape, dtype });
}

export function concat(backend: OnnxruntimeBackend, values: readonly Value[], axis: number): Value {
  const first = values[0] as Value;
  if (values.length === 1) return first;
  const length = values.reduce((sum, value) => sum + (value.shape[axis] as number), 0);
  const shape = first.shape.map((size, i) => (i === axis ? length : size));
  return backend.op({
    op: "Concat",
    inputs: values,
    attributes: { axis: int(axis) },
    shape,
    dtype: first.dtype,
  });
}

export const SHAPE_KERNELS: readonly Kernel[] = [
  kernel<One>("Identity", ({ x }, _attrs, backend) => backend.share(x)),
  kernel<One, { shape: number[] }>("Reshape", ({ x }, { shape }, backend) => {
    const size = sizeOf(x.shape);
    const inferred = util.inferFromImplicitShape(shape, size);
    const given = sizeOf(inferred);
    util.assert(
      size === given,
      () =>
        `The new shape (${inferred}) has ${given} elements and the old shape (${x.shape}) has ${size} elements.`,
    );
    return backend.share(x, inferred);
  }),
  kernel<{ input: TensorInfo }, { dim: number }>("ExpandDims", ({ input }, { dim }, backend) => {
    const shape = [...input.shape];
    const rank = shape.length;
    util.assert(
      -(rank + 1) <= dim && dim <= rank,
      () => `Axis must be in the interval [${-(rank + 1)}, ${rank}]`,
    );
    shape.splice(dim < 0 ? input.shape.length + dim + 1 : dim, 0, 1);
    return backend.share(input, shape);
  }),
  kernel<One, { perm: number[] }>("Transpose", ({ x }, { perm }, backend) => {
    const value = transpose(backend, backend.value(x), perm);
    return perm.every((axis, i) => axis === i) ? backend.share(x) : backend.tensor(value);
  }),
  kernel<One, { reps: number[] }>("Tile", ({ x }, { reps }, backend) => {
    const shape = x.shape.map((size, i) => size * (reps[i] as number));
    if (reps.every((times) => times === 1)) return backend.share(x);
    const value = backend.value(x);
    if (x.shape.every((size, i) => size === 1 || reps[i] === 1)) {
      return backend.tensor(expand(backend, value, shape));
    }
    return backend.tensor(
      backend.op({ op: "Tile", inputs: [value, fromShapes(reps)], shape, dtype: value.dtype }),
    );
  }),
  kernel<One, { begin: number | number[]; size: number | number[] }>(
    "Slice",
    ({ x }, attrs, backend) => {
      const [begin, size] = slice_util.parseSliceParams(x as never, attrs.begin, attrs.size) as [
        number[],
        number[],
      ];
      slice_util.assertParamsValid(x as never, begin, size);
      if (size.every((length, i) => length === x.shape[i])) return backend.share(x);
      const end = begin.map((start, i) => start + (size[i] as number));
      return backend.tensor(sliceValue(backend, backend.value(x), { begin, end, shape: size }));
    },
  ),
  kernel<
    One,
    {
      begin: number[];
      end: number[];
      strides: number[];
      beginMask: number;
      endMask: number;
      ellipsisMask: number;
      newAxisMask: number;
      shrinkAxisMask: number;
    }
  >("StridedSlice", ({ x }, attrs, backend) => {
    const info = slice_util.sliceInfo(
      x.shape,
      attrs.begin,
      attrs.end,
      attrs.strides,
      attrs.beginMask,
      attrs.endMask,
      attrs.ellipsisMask,
      attrs.newAxisMask,
      attrs.shrinkAxisMask,
    );
    if (info.isIdentity) return backend.share(x, info.finalShape);
    const shape = slice_util.computeOutShape(info.begin, info.end, info.strides);
    const end = info.end.map((stop, i) => {
      // ONNX counts a negative end from the back; "before the first" has to be out of range instead.
      const backwards = (info.strides[i] as number) < 0 && stop < 0;
      return backwards ? -(x.shape[i] as number) - 1 : stop;
    });
    const range = { begin: info.begin, end, step: info.strides, shape };
    return backend.tensor(sliceValue(backend, backend.value(x), range), info.finalShape);
  }),
  kernel<TensorInfo[], { axis: number }>("Concat", (inputs, attrs, backend) => {
    const axis = util.parseAxisParam(attrs.axis, (inputs[0] as TensorInfo).shape)[0] as number;
    backend_util.assertParamsConsistent(
      inputs.map((input) => input.shape),
      axis,
    );
    const filledInputs = inputs.filter((input) => sizeOf(input.shape) > 0);
    if (filledInputs.length === 0) {
      const shape = backend_util.computeOutShape(
        inputs.map((input) => input.shape),
        axis,
      );
      return backend.tensor(
        filled(backend, shape, { dtype: (inputs[0] as TensorInfo).dtype as GraphDtype, value: 0 }),
      );
    }
    if (filledInputs.length === 1) return backend.share(filledInputs[0] as TensorInfo);
    return backend.tensor(
      concat(
        backend,
        filledInputs.map((input) => backend.value(input)),
        axis,
      ),
    );
  }),
  kernel<TensorInfo[], { axis: number }>("Pack", (inputs, { axis }, backend) => {
    const first = inputs[0] as TensorInfo;
    for (const input of inputs) {
      util.assertShapesMatch(
        first.shape,
        input.shape,
        "All tensors passed to stack must have matching shapes",
      );
      util.assert(
        first.dtype === input.dtype,
        () => "All tensors passed to stack must have matching dtypes",
      );
    }
    const shape = [...first.shape];
    shape.splice(axis < 0 ? shape.length + axis + 1 : axis, 0, 1);
    const at = axis < 0 ? axis + shape.length : axis;
    if (inputs.length === 1) return backend.share(first, shape);
    const views = inputs.map((input) => backend.value({ ...input, shape }));
    return backend.tensor(concat(backend, views, at));
  }),
  kernel<{ value: TensorInfo }, { axis: number }>("Unpack", ({ value }, attrs, backend) => {
    const axis = attrs.axis < 0 ? attrs.axis + value.shape.length : attrs.axis;
    const count = value.shape[axis] as number;
    const shape = value.shape.filter((_, i) => i !== axis);
    const sizes = new Array<number>(count).fill(1);
    return split(backend, backend.value(value), { axis, sizes }).map((part) =>
      backend.tensor(part, shape),
    );
  }),
  kernel<One, { numOrSizeSplits: number | number[]; axis: number }>(
    "SplitV",
    ({ x }, attrs, backend) => {
      const axis = util.parseAxisParam(attrs.axis, x.shape)[0] as number;
      const sizes = backend_util.prepareSplitSize(x as never, attrs.numOrSizeSplits, axis);
      return split(backend, backend.value(x), { axis, sizes }).map((part) => backend.tensor(part));
    },
  ),
  kernel<One, { paddings: [number, number][]; constantValue: number }>(
    "PadV2",
    ({ x }, { paddings, constantValue }, backend) => {
      if (paddings.every(([before, after]) => before === 0 && after === 0)) return backend.share(x);
      return backend.tensor(pad(backend, backend.value(x), { paddings, constantValue }));
    },
  ),
];

function split(
  backend: OnnxruntimeBackend,
  value: Value,
  how: { axis: number; sizes: readonly number[] },
): Value[] {
  const { axis, sizes } = how;
  const shapeOf = (size: number) => value.shape.map((length, i) => (i === axis ? size : length));
  if (sizes.length === 1) return [value];
  return backend.ops({
    op: "Split",
    inputs: [value, fromShapes(sizes)],
    attributes: { axis: int(axis) },
    outputs: sizes.map((size) => ({ shape: shapeOf(size), dtype: value.dtype })),
  });
}
