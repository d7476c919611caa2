import type { OnnxruntimeBackend } from "../backend.ts";
import { int, ints } from "../graph/attribute.ts";
import type { Value } from "../graph/value.ts";
import { sameShape, sizeOf, viewOf } from "../graph/value.ts";
import { product } from "./products.ts";
import { concat, filled, sliceValue, transpose } from "./shapes.ts";
import {
  offsetsOf,
  padded,
  paddingOf,
  seenBy,
  unreached,
  unseenBy,
  type Window,
  windowAttributes,
  withoutUnseen,
} from "./window.ts";

/** float32 throughout; `S` stands for the spatial axes, two or three of them. */
const dtype = "float32";

/**
 * @param x `[N, C, ...S]`
 * @param filter `[O, C / groups, ...S]`
 * @returns `[N, O, ...S]`
 */
export function convolve(
  backend: OnnxruntimeBackend,
  inputs: { x: Value; filter: Value; bias: Value | undefined },
  { window, groups }: { window: Window; groups: number },
): Value {
  const { x, filter, bias } = inputs;
  const shape = [x.shape[0] as number, filter.shape[0] as number, ...window.output];
  if (sizeOf(x.shape) === 0) return filled(backend, shape, { dtype, value: 0 });
  const seen = withoutUnseen(backend, x, window);
  return backend.op({
    op: "Conv",
    inputs: bias === undefined ? [seen.value, filter] : [seen.value, filter, bias],
    attributes: { ...windowAttributes(seen.window), group: int(groups) },
    shape,
    dtype,
  });
}

/**
 * What the inputs of a convolution get of its outputs' gradients: the convolution transposed.
 * @param dy `[N, O, ...S]`
 * @param filter `[O, C / groups, ...S]`
 * @returns `[N, C, ...S]`
 */
export function convolveBack(
  backend: OnnxruntimeBackend,
  { dy, filter }: { dy: Value; filter: Value },
  { window, groups }: { window: Window; groups: number },
): Value {
  const leading = [dy.shape[0] as number, groups * (filter.shape[1] as number)];
  if (sizeOf(dy.shape) === 0) {
    return filled(backend, [...leading, ...window.input], { dtype, value: 0 });
  }
  const { before, after, window: seen } = unseenBy(window);
  const gradient = backend.op({
    op: "ConvTranspose",
    inputs: [positionsOf(backend, dy, window), filter],
    attributes: {
      ...windowAttributes(seen),
      output_padding: ints(unreached(seen)),
      group: int(groups),
    },
    shape: [...leading, ...seen.input],
    dtype,
  });
  return padded(backend, { value: gradient, fill: 0 }, { before, after });
}

/** A transposed convolution may be given more than its window has positions: the first of them count. */
function positionsOf(backend: OnnxruntimeBackend, dy: Value, { output }: Window): Value {
  const shape = [...dy.shape.slice(0, 2), ...output];
  if (sameShape(shape, dy.shape)) return dy;
  return sliceValue(backend, dy, { begin: shape.map(() => 0), end: shape, shape });
}

/**
 * Elements that are laid out at once for a product: 256 MB. Beyond it the filter's elements take turns in groups.
 */
const MAX_LAID_OUT = 64 * 2 ** 20;

/**
 * What the filter gets: for each of its elements, what that saw, times the gradients there. All that was seen is laid out and
 * multiplied at once, which takes half of the time that ONNX' own convolution takes with the roles exchanged.
 * @param x `[C, N, ...S]`
 * @param dy `[P, O]`, a row a position of the window in a text
 * @returns `[...S, C, O]`
 */
export function filterGradient(
  backend: OnnxruntimeBackend,
  { x, dy }: { x: Value; dy: Value },
  window: Window,
): Value {
  const [channels, outChannels] = [x.shape[0] as number, dy.shape[1] as number];
  const positions = dy.shape[0] as number;
  const shape = [...window.size, channels, outChannels];
  if (sizeOf(x.shape) === 0 || sizeOf(dy.shape) === 0) {
    return filled(backend, shape, { dtype, value: 0 });
  }
  const source = paddedInput(backend, x, window);
  const offsets = offsetsOf(window);
  const atOnce = Math.max(1, Math.floor(MAX_LAID_OUT / (channels * positions)));
  const parts: Value[] = [];
  for (let first = 0; first < offsets.length; first += atOnce) {
    const group = offsets.slice(first, first + atOnce);
    const seen = group.map((offset) => seenBy(backend, { source, offset }, window));
    const rows = viewOf(concat(backend, seen, 0), [group.length * channels, positions]);
    parts.push(product(backend, [rows, dy]));
  }
  return viewOf(concat(backend, parts, 0), shape);
}

/**
 * The same where each channel has filters of its own.
 * @param x `[C, N, ...S]`
 * @param dy `[C, M, P]`
 * @returns `[...S, C, M]`
 */
export function depthwiseFilterGradient(
  backend: OnnxruntimeBackend,
  { x, dy }: { x: Value; dy: Value },
  window: Window,
): Value {
  const [channels, multiplier, positions] = dy.shape as [number, number, number];
  const offsets = offsetsOf(window);
  const shape = [...window.size, channels, multiplier];
  if (sizeOf(x.shape) === 0 || sizeOf(dy.shape) === 0) {
    return filled(backend, shape, { dtype, value: 0 });
  }
  const source = paddedInput(backend, x, window);
  const parts = offsets.map((offset) => {
    const seen = seenBy(backend, { source, offset }, window);
    return product(backend, [viewOf(seen, [channels, 1, positions]), dy], { transposeB: true });
  });
  const gradient = concat(backend, parts, 1); // [C, K, M]
  return viewOf(transpose(backend, gradient, [1, 0, 2]), shape);
}

/** What the window sees, padding included. */
function paddedInput(backend: OnnxruntimeBackend, x: Value, window: Window): Value {
  const seen = withoutUnseen(backend, x, window);
  return padded(backend, { value: seen.value, fill: 0 }, paddingOf(seen.window));
}

/** Whether every position sees one element, and each its own: then a convolution is a product. */
export function isPointwise(window: Window): boolean {
  const { size, strides } = window;
  const { before, after } = paddingOf(window);
  const spread = [...before, ...after, ...unreached(window)];
  return [...size, ...strides].every((one) => one === 1) && spread.every((none) => none === 0);
}
