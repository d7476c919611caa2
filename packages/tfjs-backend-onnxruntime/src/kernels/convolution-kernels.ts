import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import type { Value } from "../graph/value.ts";
import { viewOf } from "../graph/value.ts";
import { activate } from "./activation.ts";
import {
  convolve,
  convolveBack,
  depthwiseFilterGradient,
  filterGradient,
  isPointwise,
} from "./convolution.ts";
import { binary } from "./float-operators.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { channelsFirst, channelsLast, channelsOutermost, type Layout, rowsOf } from "./layout.ts";
import { product } from "./products.ts";
import { transpose } from "./shapes.ts";
import { planeWindow, spaceWindow, type Window } from "./window.ts";

interface Forward {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
}

interface InputGradient {
  readonly dy: TensorInfo;
  readonly filter: TensorInfo;
}

interface FilterGradient {
  readonly x: TensorInfo;
  readonly dy: TensorInfo;
}

/** What the plane kernels have in common. */
interface PlaneAttrs {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number | backend_util.ExplicitPadding;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

interface SpaceAttrs {
  readonly strides: [number, number, number] | number;
  readonly pad: "valid" | "same";
  readonly dilations?: [number, number, number] | number;
}

interface FusedInputs extends Forward {
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
}

interface FusedAttrs extends PlaneAttrs {
  readonly activation: string | null;
  readonly leakyreluAlpha: number;
}

/** Where the window of a convolution goes, and where its tensors have their channels. */
interface Geometry {
  readonly window: Window;
  readonly layout: Layout;
}

interface Shapes {
  readonly x: readonly number[];
  readonly filter: readonly number[];
}

function planeOf({ x, filter }: Shapes, attrs: PlaneAttrs, depthwise = false): Geometry {
  const layout = backend_util.convertConv2DDataFormat(attrs.dataFormat ?? "NHWC");
  const info = backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
    layout,
  );
  return { window: planeWindow(info), layout };
}

function spaceOf({ x, filter }: Shapes, { strides, pad, dilations = 1 }: SpaceAttrs): Geometry {
  const info = backend_util.computeConv3DInfo(
    x as [number, number, number, number, number],
    filter as [number, number, number, number, number],
    strides,
    dilations,
    pad,
  );
  return { window: spaceWindow(info), layout: "channelsLast" };
}

/** `[...S, C, O]`, as TensorFlow.js has filters, to `[O, C, ...S]`. */
function filterFirst(backend: OnnxruntimeBackend, filter: Value): Value {
  const rank = filter.shape.length;
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i);
  return transpose(backend, filter, [rank - 1, rank - 2, ...spatial]);
}

/** `[H, W, C, M]` to `[C · M, 1, H, W]`: the filters of a convolution in C groups. */
function depthwiseFilterFirst(backend: OnnxruntimeBackend, filter: Value): Value {
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  const first = transpose(backend, filter, [2, 3, 0, 1]);
  return viewOf(first, [channels * multiplier, 1, height, width]);
}

/** A convolution, in the layout of x. */
function convolution(
  backend: OnnxruntimeBackend,
  { x, filter, bias }: { x: Value; filter: Value; bias?: Value | undefined },
  { window, layout }: Geometry,
): Value {
  if (layout === "channelsLast" && isPointwise(window)) {
    const weight = rowsOf(filter);
    const rows = product(backend, [rowsOf(x), weight]);
    const y = viewOf(rows, [...x.shape.slice(0, -1), weight.shape[1] as number]);
    return bias === undefined ? y : binary(backend, "Add", [y, bias]);
  }
  const first = {
    x: channelsFirst(backend, x, layout),
    filter: filterFirst(backend, filter),
    bias,
  };
  return inLayout(backend, convolve(backend, first, { window, groups: 1 }), layout);
}

/** The gradient of a convolution's input. */
function inputGradient(
  backend: OnnxruntimeBackend,
  { dy, filter }: { dy: Value; filter: Value },
  { window, layout }: Geometry,
): Value {
  if (layout === "channelsLast" && isPointwise(window)) {
    const weight = rowsOf(filter);
    const rows = product(backend, [rowsOf(dy), weight], { transposeB: true });
    return viewOf(rows, [...dy.shape.slice(0, -1), weight.shape[0] as number]);
  }
  const first = { dy: channelsFirst(backend, dy, layout), filter: filterFirst(backend, filter) };
  return inLayout(backend, convolveBack(backend, first, { window, groups: 1 }), layout);
}

/** The gradient of a convolution's filter. */
function gradientOfFilter(
  backend: OnnxruntimeBackend,
  { x, dy }: { x: Value; dy: Value },
  { window, layout }: Geometry,
): Value {
  const rows = rowsOf(channelsLast(backend, dy, layout));
  if (isPointwise(window)) {
    const inputs = rowsOf(channelsLast(backend, x, layout));
    const gradient = product(backend, [inputs, rows], { transposeA: true });
    return viewOf(gradient, [...window.size, ...gradient.shape]);
  }
  return filterGradient(backend, { x: channelsOutermost(backend, x, layout), dy: rows }, window);
}

function inLayout(backend: OnnxruntimeBackend, value: Value, layout: Layout): Value {
  return layout === "channelsFirst" ? value : channelsLast(backend, value, "channelsFirst");
}

/** A convolution in which every channel has filters of its own; channels last. */
function depthwiseConvolution(
  backend: OnnxruntimeBackend,
  { x, filter, bias }: { x: Value; filter: Value; bias?: Value | undefined },
  { window }: Geometry,
): Value {
  const groups = filter.shape[2] as number;
  const first = {
    x: channelsFirst(backend, x, "channelsLast"),
    filter: depthwiseFilterFirst(backend, filter),
    bias,
  };
  return inLayout(backend, convolve(backend, first, { window, groups }), "channelsLast");
}

/** A convolution with the bias and the activation that follow. */
function fused(
  backend: OnnxruntimeBackend,
  call: { inputs: FusedInputs; attrs: FusedAttrs; geometry: Geometry },
  convolve: typeof convolution,
): TensorInfo {
  const { inputs, attrs, geometry } = call;
  const x = backend.value(inputs.x);
  const filter = backend.value(inputs.filter);
  const { layout } = geometry;
  // One number a channel goes into the convolution; scalars and whole planes are added to what it makes.
  const perChannel = inputs.bias?.shape.length === 1 && inputs.bias.shape[0] !== 1;
  const bias = inputs.bias == null ? undefined : backend.value(inputs.bias);
  let y = convolve(backend, { x, filter, bias: perChannel ? bias : undefined }, geometry);
  if (bias !== undefined && !perChannel) y = binary(backend, "Add", [y, bias]);
  const weights = inputs.preluActivationWeights;
  return backend.tensor(
    activate(backend, y, {
      ...attrs,
      weights: weights == null ? undefined : alongChannels(backend.value(weights), layout),
    }),
  );
}

/** One number a channel as it broadcasts over `[N, C, H, W]` or `[N, H, W, C]`. */
function alongChannels(value: Value, layout: Layout): Value {
  const isVector = value.shape.length === 1 && value.shape[0] !== 1;
  return isVector && layout === "channelsFirst" ? viewOf(value, [value.size, 1, 1]) : value;
}

export const CONVOLUTION_KERNELS: readonly Kernel[] = [
  kernel<Forward, PlaneAttrs>("Conv2D", ({ x, filter }, attrs, backend) => {
    const inputs = { x: backend.value(x), filter: backend.value(filter) };
    const geometry = planeOf({ x: x.shape, filter: filter.shape }, attrs);
    return backend.tensor(convolution(backend, inputs, geometry));
  }),
  kernel<FusedInputs, FusedAttrs>("FusedConv2D", (inputs, attrs, backend) => {
    const geometry = planeOf({ x: inputs.x.shape, filter: inputs.filter.shape }, attrs);
    return fused(backend, { inputs, attrs, geometry }, convolution);
  }),
  kernel<InputGradient, PlaneAttrs & { inputShape: number[] }>(
    "Conv2DBackpropInput",
    ({ dy, filter }, attrs, backend) => {
      const inputs = { dy: backend.value(dy), filter: backend.value(filter) };
      const geometry = planeOf({ x: attrs.inputShape, filter: filter.shape }, attrs);
      return backend.tensor(inputGradient(backend, inputs, geometry));
    },
  ),
  kernel<FilterGradient, PlaneAttrs & { filterShape: number[] }>(
    "Conv2DBackpropFilter",
    ({ x, dy }, attrs, backend) => {
      const inputs = { x: backend.value(x), dy: backend.value(dy) };
      const geometry = planeOf({ x: x.shape, filter: attrs.filterShape }, attrs);
      return backend.tensor(gradientOfFilter(backend, inputs, geometry));
    },
  ),
  kernel<Forward, SpaceAttrs>("Conv3D", ({ x, filter }, attrs, backend) => {
    const inputs = { x: backend.value(x), filter: backend.value(filter) };
    const geometry = spaceOf({ x: x.shape, filter: filter.shape }, attrs);
    return backend.tensor(convolution(backend, inputs, geometry));
  }),
  kernel<InputGradient, SpaceAttrs & { inputShape: number[] }>(
    "Conv3DBackpropInputV2",
    ({ dy, filter }, attrs, backend) => {
      const inputs = { dy: backend.value(dy), filter: backend.value(filter) };
      const geometry = spaceOf({ x: attrs.inputShape, filter: filter.shape }, attrs);
      return backend.tensor(inputGradient(backend, inputs, geometry));
    },
  ),
  kernel<FilterGradient, SpaceAttrs & { filterShape: number[] }>(
    "Conv3DBackpropFilterV2",
    ({ x, dy }, attrs, backend) => {
      const inputs = { x: backend.value(x), dy: backend.value(dy) };
      const geometry = spaceOf({ x: x.shape, filter: attrs.filterShape }, attrs);
      return backend.tensor(gradientOfFilter(backend, inputs, geometry));
    },
  ),
  kernel<Forward, PlaneAttrs>("DepthwiseConv2dNative", ({ x, filter }, attrs, backend) => {
    const inputs = { x: backend.value(x), filter: backend.value(filter) };
    const geometry = planeOf({ x: x.shape, filter: filter.shape }, attrs, true);
    return backend.tensor(depthwiseConvolution(backend, inputs, geometry));
  }),
  kernel<FusedInputs, FusedAttrs>("FusedDepthwiseConv2D", (inputs, attrs, backend) => {
    const geometry = planeOf({ x: inputs.x.shape, filter: inputs.filter.shape }, attrs, true);
    return fused(backend, { inputs, attrs, geometry }, depthwiseConvolution);
  }),
  kernel<InputGradient, PlaneAttrs & { inputShape: number[] }>(
    "DepthwiseConv2dNativeBackpropInput",
    ({ dy, filter }, attrs, backend) => {
      const { window } = planeOf({ x: attrs.inputShape, filter: filter.shape }, attrs, true);
      const first = {
        dy: channelsFirst(backend, backend.value(dy), "channelsLast"),
        filter: depthwiseFilterFirst(backend, backend.value(filter)),
      };
      const dx = convolveBack(backend, first, { window, groups: filter.shape[2] as number });
      return backend.tensor(inLayout(backend, dx, "channelsLast"));
    },
  ),
  kernel<FilterGradient, PlaneAttrs & { filterShape: number[] }>(
    "DepthwiseConv2dNativeBackpropFilter",
    ({ x, dy }, attrs, backend) => {
      const { window } = planeOf({ x: x.shape, filter: attrs.filterShape }, attrs, true);
      const rows = rowsOf(backend.value(dy));
      const [channels, multiplier] = attrs.filterShape.slice(2) as [number, number];
      const perChannel = viewOf(rows, [rows.shape[0] as number, channels, multiplier]);
      const gradient = depthwiseFilterGradient(
        backend,
        {
          x: channelsOutermost(backend, backend.value(x), "channelsLast"),
          dy: transpose(backend, perChannel, [1, 2, 0]),
        },
        window,
      );
      return backend.tensor(gradient);
    },
  ),
];
