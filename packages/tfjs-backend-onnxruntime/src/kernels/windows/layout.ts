import type { OnnxruntimeBackend } from "../../backend.ts";
import type { Value } from "../../graph/value.ts";
import { viewOf } from "../../graph/value.ts";
import { transpose } from "../shapes.ts";

/** Where the channels of a batch `[N, …]` are: its second axis, as in ONNX, or its last, as in most of TensorFlow.js. */
export type Layout = "channelsFirst" | "channelsLast";

/** `[N, C, ...S]` */
export function channelsFirst(backend: OnnxruntimeBackend, value: Value, from: Layout): Value {
  if (from === "channelsFirst") return value;
  const last = value.shape.length - 1;
  return transpose(backend, value, [0, last, ...between(1, last)]);
}

/** `[N, ...S, C]` */
export function channelsLast(backend: OnnxruntimeBackend, value: Value, from: Layout): Value {
  if (from === "channelsLast") return value;
  return transpose(backend, value, [0, ...between(2, value.shape.length), 1]);
}

/** `[C, N, ...S]` of `[N, ...S, C]` */
export function channelsOutermost(backend: OnnxruntimeBackend, value: Value): Value {
  const last = value.shape.length - 1;
  return transpose(backend, value, [last, ...between(0, last)]);
}

/** All but the last axis as one. */
export function rowsOf(value: Value): Value {
  const width = value.shape[value.shape.length - 1] as number;
  return viewOf(value, [width === 0 ? 0 : value.size / width, width]);
}

function between(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}
