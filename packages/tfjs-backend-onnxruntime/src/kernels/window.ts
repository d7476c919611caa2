import type { backend_util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { type Attributes, ints } from "../graph/attribute.ts";
import { int64s, scalar } from "../graph/constant.ts";
import { sameShape, type Value } from "../graph/value.ts";
import { sliceValue } from "./shapes.ts";

/** How a filter moves over the spatial axes of a tensor, one number an axis; two axes, or three. */
export interface Window {
  /** Spatial sizes of what it moves over, and of what it makes. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before the first element; `paddingAfter` follows. */
  readonly before: readonly number[];
}

export function planeWindow(info: backend_util.Conv2DInfo): Window {
  return {
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
    size: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.top, info.padInfo.left],
  };
}

export function spaceWindow(info: backend_util.Conv3DInfo): Window {
  return {
    input: [info.inDepth, info.inHeight, info.inWidth],
    output: [info.outDepth, info.outHeight, info.outWidth],
    size: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  };
}

/** What the last position reaches beyond the last element; negative where it does not get there. */
function overhang(window: Window): number[] {
  const { input, output, size, strides, dilations, before } = window;
  return input.map((length, i) => {
    const reach = ((size[i] as number) - 1) * (dilations[i] as number) + 1;
    const last = ((output[i] as number) - 1) * (strides[i] as number);
    return last + reach - (before[i] as number) - length;
  });
}

export function paddingAfter(window: Window): number[] {
  return overhang(window).map((length) => Math.max(0, length));
}

/** Elements at the end that no position reaches. */
export function unreached(window: Window): number[] {
  return overhang(window).map((length) => Math.max(0, -length));
}

/** What a window does not see of its input, before and after the rest; the rest of a stride at the end does not count. */
export interface Unseen {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** The window over what is left. */
  readonly window: Window;
}

/**
 * Where padding is one number, TensorFlow.js goes by the height of the filter and its stride along all axes, so a window may end
 * early; and in three dimensions "same" padding may be negative, so it may begin late.
 */
export function unseenBy(window: Window): Unseen {
  const before = window.before.map((length) => Math.max(0, -length));
  const after = unreached(window).map((length, i) => {
    const stride = window.strides[i] as number;
    return Math.floor(length / stride) * stride;
  });
  const input = window.input.map(
    (length, i) => length - (before[i] as number) - (after[i] as number),
  );
  const padding = window.before.map((length) => Math.max(0, length));
  return { before, after, window: { ...window, input, before: padding } };
}

/** @param value spatial axes last */
export function withoutUnseen(
  backend: OnnxruntimeBackend,
  value: Value,
  window: Window,
): { value: Value; window: Window } {
  const { before, window: seen } = unseenBy(window);
  if (sameShape(seen.input, window.input)) return { value, window };
  const leading = value.shape.slice(0, -seen.input.length);
  const part = sliceValue(backend, value, {
    begin: [...leading.map(() => 0), ...before],
    end: [...leading, ...seen.input.map((length, i) => length + (before[i] as number))],
    shape: [...leading, ...seen.input],
  });
  return { value: part, window: seen };
}

/** The attributes that ONNX' convolutions and poolings share. */
export function windowAttributes(window: Window): Attributes {
  return {
    kernel_shape: ints(window.size),
    strides: ints(window.strides),
    dilations: ints(window.dilations),
    pads: ints([...window.before, ...paddingAfter(window)]),
  };
}

/** The positions of a filter's elements, the last axis first to change. */
export function offsetsOf({ size }: Window): number[][] {
  return size.reduce<number[][]>(
    (offsets, length) =>
      offsets.flatMap((offset) => Array.from({ length }, (_, i) => [...offset, i])),
    [[]],
  );
}

/**
 * What one element of the filter sees at all positions.
 * @param source the input with its padding, spatial axes last
 */
export function seenBy(
  backend: OnnxruntimeBackend,
  { source, offset }: { source: Value; offset: readonly number[] },
  { output, strides, dilations }: Window,
): Value {
  const leading = source.shape.slice(0, -offset.length);
  const begin = offset.map((at, i) => at * (dilations[i] as number));
  const end = begin.map((at, i) => at + ((output[i] as number) - 1) * (strides[i] as number) + 1);
  return sliceValue(backend, source, {
    begin: [...leading.map(() => 0), ...begin],
    end: [...leading, ...end],
    step: [...leading.map(() => 1), ...strides],
    shape: [...leading, ...output],
  });
}

/** Pads the spatial axes, which are the last ones. */
export function padded(
  backend: OnnxruntimeBackend,
  { value, fill }: { value: Value; fill: number },
  { before, after }: { before: readonly number[]; after: readonly number[] },
): Value {
  if ([...before, ...after].every((length) => length === 0)) return value;
  const { shape, dtype } = value;
  const none = shape.slice(before.length).map(() => 0);
  return backend.op({
    op: "Pad",
    inputs: [value, int64s([...none, ...before, ...none, ...after]), scalar(dtype, fill)],
    shape: shape.map((length, axis) => {
      const i = axis - none.length;
      return i < 0 ? length : length + (before[i] as number) + (after[i] as number);
    }),
    dtype,
  });
}

/** The padding of a window, on both sides. */
export function paddingOf(window: Window): { before: readonly number[]; after: readonly number[] } {
  return { before: window.before, after: paddingAfter(window) };
}

/** Whether there is padding that ONNX' poolings do not take: as long as the filter, or longer. */
export function isWide(window: Window): boolean {
  const { before, after } = paddingOf(window);
  return window.size.some(
    (length, i) => (before[i] as number) >= length || (after[i] as number) >= length,
  );
}

/** What a pooling for maxima searches. */
export interface PoolingInput {
  readonly value: Value;
  /** The window over it. */
  readonly window: Window;
  /** Where the first element that the window sees is in it, one number an axis. */
  readonly origin: readonly number[];
}

/** Without what the window does not see, and with its padding where that is wide. */
export function poolingInput(
  backend: OnnxruntimeBackend,
  { value, fill }: { value: Value; fill: number },
  window: Window,
): PoolingInput {
  const seen = withoutUnseen(backend, value, window);
  const none = window.before.map(() => 0);
  if (!isWide(seen.window)) return { ...seen, origin: none };
  const padding = paddingOf(seen.window);
  const whole = padded(backend, { value: seen.value, fill }, padding);
  const input = whole.shape.slice(-none.length);
  return { value: whole, window: { ...window, input, before: none }, origin: padding.before };
}
