import type { backend_util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../../backend.ts";
import { type Attributes, ints } from "../../graph/attribute.ts";
import { sameShape, type Value } from "../../graph/value.ts";
import { pad, sliceValue } from "../shapes.ts";

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

function paddingAfter(window: Window): number[] {
  return overhang(window).map((length) => Math.max(0, length));
}

/** Elements at the end that no position reaches. */
export function unreached(window: Window): number[] {
  return overhang(window).map((length) => Math.max(0, -length));
}

/** What a window does not see of its input, before and after the rest; the rest of a stride at the end does not count. */
export interface Unseen extends Padding {
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

/** The part of an input that its window sees. @param source where its spatial axes begin */
export function withoutUnseen(
  backend: OnnxruntimeBackend,
  { value, axis }: Source,
  window: Window,
): { value: Value; window: Window } {
  const { before, window: seen } = unseenBy(window);
  if (sameShape(seen.input, window.input)) return { value, window };
  const end = seen.input.map((length, i) => length + (before[i] as number));
  const part = sliceValue(backend, value, {
    begin: spread(
      before,
      value.shape.map(() => 0),
      axis,
    ),
    end: spread(end, value.shape, axis),
    shape: spread(seen.input, value.shape, axis),
  });
  return { value: part, window: seen };
}

/** A tensor with its spatial axes side by side. */
export interface Source {
  readonly value: Value;
  /** The first of them. */
  readonly axis: number;
}

/** Numbers of the spatial axes in their places among those of all axes. */
function spread(spatial: readonly number[], all: readonly number[], axis: number): number[] {
  return [...all.slice(0, axis), ...spatial, ...all.slice(axis + spatial.length)];
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

/** What one element of the filter sees at all positions. @param source the input with its padding */
export function seenBy(
  backend: OnnxruntimeBackend,
  { source, offset }: { source: Source; offset: readonly number[] },
  { output, strides, dilations }: Window,
): Value {
  const { value, axis } = source;
  const begin = offset.map((at, i) => at * (dilations[i] as number));
  const end = begin.map((at, i) => at + ((output[i] as number) - 1) * (strides[i] as number) + 1);
  const zeros = value.shape.map(() => 0);
  const ones = value.shape.map(() => 1);
  return sliceValue(backend, value, {
    begin: spread(begin, zeros, axis),
    end: spread(end, value.shape, axis),
    step: spread(strides, ones, axis),
    shape: spread(output, value.shape, axis),
  });
}

/** Pads the spatial axes. */
export function padded(
  backend: OnnxruntimeBackend,
  { value, axis, fill }: Source & { fill: number },
  { before, after }: Padding,
): Value {
  const none = value.shape.map(() => 0);
  const last = spread(after, none, axis);
  const paddings = spread(before, none, axis).map(
    (first, i) => [first, last[i] as number] as const,
  );
  return pad(backend, value, { paddings, constantValue: fill });
}

interface Padding {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** The padding of a window, on both sides. */
export function paddingOf(window: Window): Padding {
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
  { value, axis, fill }: Source & { fill: number },
  window: Window,
): PoolingInput {
  const seen = withoutUnseen(backend, { value, axis }, window);
  const none = window.before.map(() => 0);
  if (!isWide(seen.window)) return { ...seen, origin: none };
  const padding = paddingOf(seen.window);
  const whole = padded(backend, { value: seen.value, axis, fill }, padding);
  const input = whole.shape.slice(axis, axis + none.length);
  return { value: whole, window: { ...window, input, before: none }, origin: padding.before };
}
