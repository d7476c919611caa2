import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../../backend.ts";
import { float, scalar } from "../../graph/constant.ts";
import type { Value } from "../../graph/value.ts";
import { sameShape } from "../../graph/value.ts";
import { castValue } from "../cast.ts";
import { on } from "../float-operators.ts";
import { type Kernel, kernel } from "../kernel.ts";
import { nanMask } from "../reductions.ts";
import { channelsFirst, channelsLast } from "./layout.ts";
import {
  averagePool,
  averagePoolBack,
  type Maxima,
  maxPool,
  maxPoolBack,
  placedMaxima,
} from "./pooling.ts";
import { planeWindow, spaceWindow, type Window } from "./window.ts";

interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  /** Of a batch in three dimensions. */
  readonly dataFormat?: "NDHWC" | "NCDHW";
}

/** The window over a batch of planes or of spaces, by its rank. */
function windowOf(shape: readonly number[], attrs: PoolAttrs): Window {
  const { filterSize, strides, pad, dimRoundingMode, dataFormat } = attrs;
  return shape.length === 4
    ? planeWindow(
        backend_util.computePool2DInfo(
          shape as [number, number, number, number],
          filterSize,
          strides,
          1,
          pad,
          dimRoundingMode,
        ),
      )
    : spaceWindow(
        backend_util.computePool3DInfo(
          shape as [number, number, number, number, number],
          filterSize as number,
          strides as number,
          1,
          pad,
          dimRoundingMode,
          dataFormat,
        ),
      );
}

/** Whether the window sees one element, everywhere. */
function changesNothing({ size, input, output }: Window): boolean {
  return size.every((length) => length === 1) && sameShape(input, output);
}

function forward(
  name: string,
  pool: (backend: OnnxruntimeBackend, x: Value, window: Window) => Value,
): Kernel {
  return kernel<{ x: TensorInfo }, PoolAttrs>(name, ({ x }, attrs, backend) => {
    const window = windowOf(x.shape, attrs);
    if (changesNothing(window)) return backend.share(x);
    const first = channelsFirst(backend, backend.value(x), "channelsLast");
    return backend.tensor(channelsLast(backend, pool(backend, first, window), "channelsFirst"));
  });
}

function backward(
  name: string,
  pool: (backend: OnnxruntimeBackend, inputs: { dy: Value; x: Value }, window: Window) => Value,
): Kernel {
  return kernel<{ dy: TensorInfo; input: TensorInfo }, PoolAttrs>(
    name,
    ({ dy, input }, attrs, backend) => {
      const first = (info: TensorInfo): Value =>
        channelsFirst(backend, backend.value(info), "channelsLast");
      const window = windowOf(input.shape, attrs);
      const dx = pool(backend, { dy: first(dy), x: first(input) }, window);
      return backend.tensor(channelsLast(backend, dx, "channelsFirst"));
    },
  );
}

const mean: Parameters<typeof forward>[1] = (backend, x, window) =>
  castValue(backend, averagePool(backend, castValue(backend, x, "float32"), window), x.dtype);

const meanBack: Parameters<typeof backward>[1] = (backend, { dy }, window) =>
  averagePoolBack(backend, dy, window);

export const POOLING_KERNELS: readonly Kernel[] = [
  forward("AvgPool", mean),
  forward("AvgPool3D", mean),
  forward("MaxPool", maxPool),
  forward("MaxPool3D", maxPool),
  backward("AvgPoolGrad", meanBack),
  backward("AvgPool3DGrad", meanBack),
  backward("MaxPoolGrad", maxPoolBack),
  backward("MaxPool3DGrad", maxPoolBack),
  kernel<{ x: TensorInfo }, PoolAttrs & { includeBatchInIndex: boolean }>(
    "MaxPoolWithArgmax",
    ({ x }, attrs, backend) => {
      util.assert(
        x.shape.length === 4,
        () => `Error in maxPoolWithArgmax: x must be rank 4, but is of shape [${x.shape}]`,
      );
      const window = windowOf(x.shape, attrs);
      const first = channelsFirst(backend, backend.value(x), "channelsLast");
      const maxima = placedMaxima(backend, withoutNan(backend, first), window);
      const places = placesInPlanes(backend, maxima, {
        window,
        countExamples: attrs.includeBatchInIndex,
      });
      return [maxima.values, castValue(backend, places, "int32")].map((value) =>
        backend.tensor(channelsLast(backend, value, "channelsFirst")),
      );
    },
  ),
];

/** NaN in the first place would pass for the largest element. */
function withoutNan(backend: OnnxruntimeBackend, x: Value): Value {
  if (x.dtype !== "float32") return x;
  const { shape } = x;
  return on(backend, shape)("Where", nanMask(backend, x), float(Number.NEGATIVE_INFINITY), x);
}

/** Places in `[N, C, H, W]`, padded or not, as places in an example `[H, W, C]` of the input, or in all of them. */
function placesInPlanes(
  backend: OnnxruntimeBackend,
  { places, input }: Maxima,
  { window, countExamples }: { window: Window; countExamples: boolean },
): Value {
  const { shape } = places;
  const call = (op: string, value: Value, number: number): Value =>
    backend.op({ op, inputs: [value, scalar("int64", number)], shape, dtype: "int64" });
  const add = (a: Value, b: Value): Value =>
    backend.op({ op: "Add", inputs: [a, b], shape, dtype: "int64" });
  const [, channels, height, width] = input.value.shape as [number, number, number, number];
  const [top, left] = input.origin as [number, number];
  const [inHeight, inWidth] = window.input as [number, number];
  const plane = call("Div", places, height * width);
  const row = call("Sub", call("Mod", call("Div", places, width), height), top);
  const column = call("Sub", call("Mod", places, width), left);
  const element = add(call("Mul", row, inWidth), column);
  const place = add(call("Mul", element, channels), call("Mod", plane, channels));
  if (!countExamples) return place;
  return add(place, call("Mul", call("Div", plane, channels), inHeight * inWidth * channels));
}
