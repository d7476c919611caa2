import type { OnnxruntimeBackend } from "../../backend.ts";
import type { Value } from "../../graph/value.ts";
import { sizeOf, viewOf } from "../../graph/value.ts";
import { on } from "../float-operators.ts";
import { columnSum, product } from "../products.ts";
import { concat, filled, transpose } from "../shapes.ts";
import { channelsOutermost, rowsOf } from "./layout.ts";
import {
  offsetsOf,
  padded,
  paddingOf,
  type Source,
  seenBy,
  type Window,
  withoutUnseen,
} from "./window.ts";

/** float32 throughout; `S` stands for the spatial axes, two or three of them. */
export interface FilterGradientInputs {
  /** `[N, ...S, C]` */
  readonly x: Value;
  /** `[P, O]`: a row a position of the window in an example. */
  readonly dy: Value;
}

/**
 * What a filter gets: for each of its elements, what that saw, times the gradients there. Faster than ONNX' own convolution with
 * the roles exchanged, by a factor of two to five.
 * @returns `[...S, C, O]`
 */
export function filterGradient(
  backend: OnnxruntimeBackend,
  inputs: FilterGradientInputs,
  window: Window,
): Value {
  const { x, dy } = inputs;
  const channels = x.shape[x.shape.length - 1] as number;
  const shape = [...window.size, channels, dy.shape[1] as number];
  if (sizeOf(x.shape) === 0 || sizeOf(dy.shape) === 0) {
    return filled(backend, shape, { dtype: "float32", value: 0 });
  }
  const isStrided = window.strides.some((stride) => stride > 1);
  const gradient =
    isStrided && channels >= MIN_STRIDED_CHANNELS
      ? elementByElement(backend, inputs, window)
      : allAtOnce(backend, inputs, window);
  return viewOf(gradient, shape);
}

/** Steps between numbers that are side by side are slow, steps between so many channels of a place are not. */
const MIN_STRIDED_CHANNELS = 16;

/** Elements that are laid out at once for a product: 256 MB. Beyond it the filter's elements take turns in groups. */
const MAX_LAID_OUT = 64 * 2 ** 20;

/** @returns `[K · C, O]` for the K elements of a filter */
function allAtOnce(
  backend: OnnxruntimeBackend,
  { x, dy }: FilterGradientInputs,
  window: Window,
): Value {
  const first = channelsOutermost(backend, x);
  const channels = first.shape[0] as number;
  const positions = dy.shape[0] as number;
  const source = paddedInput(backend, { value: first, axis: 2 }, window);
  const offsets = offsetsOf(window);
  const atOnce = Math.max(1, Math.floor(MAX_LAID_OUT / (channels * positions)));
  const parts: Value[] = [];
  for (let start = 0; start < offsets.length; start += atOnce) {
    const group = offsets.slice(start, start + atOnce);
    const seen = group.map((offset) => seenBy(backend, { source, offset }, window));
    const rows = viewOf(concat(backend, seen, 0), [group.length * channels, positions]);
    parts.push(product(backend, [rows, dy]));
  }
  return concat(backend, parts, 0);
}

/** @returns `[K, C, O]` */
function elementByElement(
  backend: OnnxruntimeBackend,
  { x, dy }: FilterGradientInputs,
  window: Window,
): Value {
  const channels = x.shape[x.shape.length - 1] as number;
  const source = paddedInput(backend, { value: x, axis: 1 }, window);
  const offsets = offsetsOf(window);
  const columns = transpose(backend, dy, [1, 0]);
  const parts = offsets.map((offset) =>
    product(backend, [columns, rowsOf(seenBy(backend, { source, offset }, window))]),
  );
  const stacked = viewOf(concat(backend, parts, 0), [
    offsets.length,
    dy.shape[1] as number,
    channels,
  ]);
  return transpose(backend, stacked, [0, 2, 1]);
}

/**
 * The same where each channel has filters of its own.
 * @param inputs dy `[P, C · M]`
 * @returns `[...S, C, M]`
 */
export function depthwiseFilterGradient(
  backend: OnnxruntimeBackend,
  { x, dy }: FilterGradientInputs,
  window: Window,
): Value {
  const channels = x.shape[x.shape.length - 1] as number;
  const [positions, outputs] = dy.shape as [number, number];
  const shape = [...window.size, channels, outputs / channels];
  if (sizeOf(x.shape) === 0 || sizeOf(dy.shape) === 0) {
    return filled(backend, shape, { dtype: "float32", value: 0 });
  }
  const source = paddedInput(backend, { value: x, axis: 1 }, window);
  const perChannel = [positions, channels, outputs / channels];
  const gradients = viewOf(dy, perChannel);
  const parts = offsetsOf(window).map((offset) => {
    const seen = viewOf(seenBy(backend, { source, offset }, window), [positions, channels, 1]);
    const products = on(backend, perChannel)("Mul", seen, gradients);
    return columnSum(backend, viewOf(products, [positions, outputs]));
  });
  return viewOf(concat(backend, parts, 0), shape);
}

/** What the window sees, padding included. */
function paddedInput(backend: OnnxruntimeBackend, source: Source, window: Window): Source {
  const { axis } = source;
  const seen = withoutUnseen(backend, source, window);
  const value = padded(backend, { value: seen.value, axis, fill: 0 }, paddingOf(seen.window));
  return { value, axis };
}
