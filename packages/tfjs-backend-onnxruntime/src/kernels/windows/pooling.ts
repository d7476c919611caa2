import type { OnnxruntimeBackend } from "../../backend.ts";
import { int, text } from "../../graph/attribute.ts";
import { float32s } from "../../graph/constant.ts";
import type { Value } from "../../graph/value.ts";
import { sameShape, sizeOf, viewOf } from "../../graph/value.ts";
import { castValue } from "../cast.ts";
import { on } from "../float-operators.ts";
import { filled, sliceValue } from "../shapes.ts";
import { convolve, convolveBack } from "./convolution.ts";
import {
  isWide,
  type PoolingInput,
  padded,
  poolingInput,
  unseenBy,
  type Window,
  windowAttributes,
  withoutUnseen,
} from "./window.ts";

/**
 * The largest element under the window; NaN is none.
 * @param x `[N, C, ...S]`, of any dtype; `S` stands for the spatial axes, two or three of them
 */
export function maxPool(backend: OnnxruntimeBackend, x: Value, window: Window): Value {
  const { value, window: moved } = searched(backend, x, window);
  const values = backend.op({
    op: "MaxPool",
    inputs: [value],
    attributes: windowAttributes(moved),
    shape: [...x.shape.slice(0, 2), ...window.output],
    dtype: value.dtype,
  });
  return castValue(backend, values, x.dtype);
}

export interface Maxima {
  /** `[N, C, ...S]` */
  readonly values: Value;
  /** int64, the same shape: where they are in the whole of `input`. */
  readonly places: Value;
  readonly input: PoolingInput;
}

/** The largest elements and their places, which takes three times as long as the elements alone. */
export function placedMaxima(backend: OnnxruntimeBackend, x: Value, window: Window): Maxima {
  const input = searched(backend, x, window);
  const { dtype } = input.value;
  const shape = [...x.shape.slice(0, 2), ...window.output];
  const [values, places] = backend.ops({
    op: "MaxPool",
    inputs: [input.value],
    attributes: windowAttributes(input.window),
    outputs: [
      { shape, dtype },
      { shape, dtype: "int64" },
    ],
  }) as [Value, Value];
  return { values: castValue(backend, values, x.dtype), places, input };
}

/** The runtime has no maximum over int32; float64 holds each of them. */
function searched(backend: OnnxruntimeBackend, x: Value, window: Window): PoolingInput {
  const value = castValue(backend, x, x.dtype === "float32" ? "float32" : "float64");
  return poolingInput(backend, { value, axis: 2, fill: Number.NEGATIVE_INFINITY }, window);
}

/**
 * Each gradient goes to the first of the largest elements under its window.
 * @param dy float32 `[N, C, ...S]`
 * @param x `[N, C, ...S]`
 */
export function maxPoolBack(
  backend: OnnxruntimeBackend,
  { dy, x }: { dy: Value; x: Value },
  window: Window,
): Value {
  const dtype = "float32";
  if (sizeOf(dy.shape) === 0) return filled(backend, x.shape, { dtype, value: 0 });
  const { places, input } = placedMaxima(backend, x, window);
  const { value, origin } = input;
  const flat = backend.op({
    op: "ScatterElements",
    inputs: [
      filled(backend, [value.size], { dtype, value: 0 }),
      viewOf(places, [places.size]),
      viewOf(dy, [dy.size]),
    ],
    attributes: { axis: int(0), reduction: text("add") },
    shape: [value.size],
    dtype,
  });
  const gradient = viewOf(flat, value.shape);
  if (sameShape(value.shape, x.shape)) return gradient;
  const leading = x.shape.slice(0, 2);
  const { before, after, window: seen } = unseenBy(window);
  const inner = sliceValue(backend, gradient, {
    begin: [0, 0, ...origin],
    end: [...leading, ...origin.map((at, i) => at + (seen.input[i] as number))],
    shape: [...leading, ...seen.input],
  });
  return padded(backend, { value: inner, axis: 2, fill: 0 }, { before, after });
}

/**
 * The mean of the elements under the window, padding left out; 0 where there is nothing else.
 * @param x float32 `[N, C, ...S]`
 */
export function averagePool(backend: OnnxruntimeBackend, x: Value, window: Window): Value {
  const [examples, channels] = x.shape as [number, number];
  const shape = [examples, channels, ...window.output];
  if (!isWide(window)) {
    const seen = withoutUnseen(backend, { value: x, axis: 2 }, window);
    return backend.op({
      op: "AveragePool",
      inputs: [seen.value],
      attributes: windowAttributes(seen.window),
      shape,
      dtype: "float32",
    });
  }
  const planes = viewOf(x, [examples * channels, 1, ...window.input]);
  const filter = meanFilter(backend, window);
  const means = convolve(backend, { x: planes, filter }, { window, kind: "dense" });
  return on(backend, shape)("Mul", viewOf(means, shape), shareOfPadding(window));
}

/** `[...S, 1, 1]`: makes a convolution a mean that counts padding as zeros. */
function meanFilter(backend: OnnxruntimeBackend, { size }: Window): Value {
  return filled(backend, [...size, 1, 1], { dtype: "float32", value: 1 / sizeOf(size) });
}

/** What a mean that counts padding as zeros is multiplied with, a number a position. */
function shareOfPadding(window: Window) {
  const { input, output, size, strides, before } = window;
  /** How many elements of the input each position along an axis sees. */
  const seen = output.map((length, axis) =>
    Array.from({ length }, (_, at) => {
      const first = at * (strides[axis] as number) - (before[axis] as number);
      const end = Math.min(first + (size[axis] as number), input[axis] as number);
      return Math.max(0, end - Math.max(first, 0));
    }),
  );
  const counts = seen.reduce(
    (all, along) => all.flatMap((count) => along.map((n) => count * n)),
    [1],
  );
  const whole = sizeOf(size);
  const shares = Float32Array.from(counts, (count) => whole / Math.max(1, count));
  return float32s(shares, [1, 1, ...output]);
}

/**
 * Each gradient in equal parts to everything under its window, padding included: so TensorFlow.js defines it, although the
 * means of `averagePool` leave padding out.
 * @param dy float32 `[N, C, ...S]`
 */
export function averagePoolBack(backend: OnnxruntimeBackend, dy: Value, window: Window): Value {
  const [examples, channels] = dy.shape as [number, number];
  const planes = viewOf(dy, [examples * channels, 1, ...window.output]);
  const inputs = { dy: planes, filter: meanFilter(backend, window) };
  const dx = convolveBack(backend, inputs, { window, kind: "dense" });
  return viewOf(dx, [examples, channels, ...window.input]);
}
