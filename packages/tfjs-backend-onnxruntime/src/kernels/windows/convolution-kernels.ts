import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../../backend.ts";
import type { Value } from "../../graph/value.ts";
import { viewOf } from "../../graph/value.ts";
import { activate } from "../activation.ts";
import { binary } from "../float-operators.ts";
import { type Kernel, kernel } from "../kernel.ts";
import { product } from "../products.ts";
import { type Convolution, convolve, convolveBack, isPointwise } from "./convolution.ts";
import { depthwiseFilterGradient, filterGradient } from "./filter-gradient.ts";
import { channelsFirst, channelsLast, type Layout, rowsOf } from "./layout.ts";
import { planeWindow, spaceWindow } from "./window.ts";

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

/** A convolution, and where its tensors have their channels. */
interface Geometry extends Convolution {
  readonly layout: Layout;
}

interface Shapes {
  readonly x: readonly number[];
  readonly filter: readonly number[];
}

function planeOf(
  { x, filter }: Shapes,
  attrs: PlaneAttrs,
  kind: Geometry["kind"] = "dense",
): Geometry {
  const layout = backend_util.convertConv2DDataFormat(attrs.dataFormat ?? "NHWC");
  const info = backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    kind === "depthwise",
    layout,
  );
  return { window: planeWindow(info), kind, layout };
}

function spaceOf({ x, filter }: Shapes, { strides, pad, dilations = 1 }: SpaceAttrs): Geometry {
  const info = backend_util.computeConv3DInfo(
    x as [number, number, number, number, number],
    filter as [number, number, number, number, number],
    strides,
    dilations,
    pad,
  );
  return { window: spaceWindow(info), kind: "dense", layout: "channelsLast" };
}

/** Whether a convolution is a product over the channels of each place. */
function isProduct({ window, kind, layout }: Geometry): boolean {
  return kind === "dense" && layout === "channelsLast" && isPointwise(window);
}

/** A convolution, in the layout of x. */
function convolution(
  backend: OnnxruntimeBackend,
  { x, filter, bias }: { x: Value; filter: Value; bias?: Value | undefined },
  geometry: Geometry,
): Value {
  if (isProduct(geometry)) {
    const weight = rowsOf(filter);
    const rows = product(backend, [rowsOf(x), weight]);
    const y = viewOf(rows, [...x.shape.slice(0, -1), weight.shape[1] as number]);
    return bias === undefined ? y : binary(backend, "Add", [y, bias]);
  }
  const first = channelsFirst(backend, x, geometry.layout);
  return inLayout(backend, convolve(backend, { x: first, filter, bias }, geometry), geometry);
}

/** The gradient of a convolution's input. */
function gradientOfInput(
  backend: OnnxruntimeBackend,
  { dy, filter }: { dy: Value; filter: Value },
  geometry: Geometry,
): Value {
  if (isProduct(geometry)) {
    const weight = rowsOf(filter);
    const rows = product(backend, [rowsOf(dy), weight], { transposeB: true });
    return viewOf(rows, [...dy.shape.slice(0, -1), weight.shape[0] as number]);
  }
  const first = channelsFirst(backend, dy, geometry.layout);
  return inLayout(backend, convolveBack(backend, { dy: first, filter }, geometry), geometry);
}

/** The gradient of a convolution's filter. */
function gradientOfFilter(
  backend: OnnxruntimeBackend,
  inputs: { x: Value; dy: Value },
  geometry: Geometry,
): Value {
  const { window, kind, layout } = geometry;
  const x = channelsLast(backend, inputs.x, layout);
  const dy = rowsOf(channelsLast(backend, inputs.dy, layout));
  if (isProduct(geometry)) {
    const gradient = product(backend, [rowsOf(x), dy], { transposeA: true });
    return viewOf(gradient, [...window.size, ...gradient.shape]);
  }
  const gradient = kind === "dense" ? filterGradient : depthwiseFilterGradient;
  return gradient(backend, { x, dy }, window);
}

function inLayout(backend: OnnxruntimeBackend, value: Value, { layout }: Geometry): Value {
  return layout === "channelsFirst" ? value : channelsLast(backend, value, "channelsFirst");
}

/** A convolution with the bias and the activation that follow. */
function fused(
  backend: OnnxruntimeBackend,
  { inputs, attrs }: { inputs: FusedInputs; attrs: FusedAttrs },
  geometry: Geometry,
): TensorInfo {
  const x = backend.value(inputs.x);
  const filter = backend.value(inputs.filter);
  // One number a channel goes into the convolution; scalars and whole planes are added to what it makes.
  const perChannel = inputs.bias?.shape.length === 1 && inputs.bias.shape[0] !== 1;
  const bias = inputs.bias == null ? undefined : backend.value(inputs.bias);
  let y = convolution(backend, { x, filter, bias: perChannel ? bias : undefined }, geometry);
  if (bias !== undefined && !perChannel) y = binary(backend, "Add", [y, bias]);
  const slopes = inputs.preluActivationWeights;
  const weights =
    slopes == null ? undefined : alongChannels(backend.value(slopes), geometry.layout);
  return backend.tensor(activate(backend, y, { ...attrs, weights }));
}

/** One number a channel as it broadcasts over `[N, C, H, W]` or `[N, H, W, C]`. */
function alongChannels(value: Value, layout: Layout): Value {
  const isVector = value.shape.length === 1 && value.shape[0] !== 1;
  return isVector && layout === "channelsFirst" ? viewOf(value, [value.size, 1, 1]) : value;
}

type GeometryOf<Attrs> = (shapes: Shapes, attrs: Attrs) => Geometry;

const plane: GeometryOf<PlaneAttrs> = (shapes, attrs) => planeOf(shapes, attrs);
const depthwise: GeometryOf<PlaneAttrs> = (shapes, attrs) => planeOf(shapes, attrs, "depthwise");

function forwardKernel<Attrs>(name: string, geometryOf: GeometryOf<Attrs>): Kernel {
  return kernel<Forward, Attrs>(name, ({ x, filter }, attrs, backend) => {
    const inputs = { x: backend.value(x), filter: backend.value(filter) };
    const geometry = geometryOf({ x: x.shape, filter: filter.shape }, attrs);
    return backend.tensor(convolution(backend, inputs, geometry));
  });
}

function fusedKernel(name: string, geometryOf: GeometryOf<PlaneAttrs>): Kernel {
  return kernel<FusedInputs, FusedAttrs>(name, (inputs, attrs, backend) => {
    const geometry = geometryOf({ x: inputs.x.shape, filter: inputs.filter.shape }, attrs);
    return fused(backend, { inputs, attrs }, geometry);
  });
}

function inputGradientKernel<Attrs>(name: string, geometryOf: GeometryOf<Attrs>): Kernel {
  return kernel<InputGradient, Attrs & { inputShape: number[] }>(
    name,
    ({ dy, filter }, attrs, backend) => {
      const inputs = { dy: backend.value(dy), filter: backend.value(filter) };
      const geometry = geometryOf({ x: attrs.inputShape, filter: filter.shape }, attrs);
      return backend.tensor(gradientOfInput(backend, inputs, geometry));
    },
  );
}

function filterGradientKernel<Attrs>(name: string, geometryOf: GeometryOf<Attrs>): Kernel {
  return kernel<FilterGradient, Attrs & { filterShape: number[] }>(
    name,
    ({ x, dy }, attrs, backend) => {
      const inputs = { x: backend.value(x), dy: backend.value(dy) };
      const geometry = geometryOf({ x: x.shape, filter: attrs.filterShape }, attrs);
      return backend.tensor(gradientOfFilter(backend, inputs, geometry));
    },
  );
}

export const CONVOLUTION_KERNELS: readonly Kernel[] = [
  forwardKernel("Conv2D", plane),
  forwardKernel("Conv3D", spaceOf),
  forwardKernel("DepthwiseConv2dNative", depthwise),
  fusedKernel("FusedConv2D", plane),
  fusedKernel("FusedDepthwiseConv2D", depthwise),
  inputGradientKernel("Conv2DBackpropInput", plane),
  inputGradientKernel("Conv3DBackpropInputV2", spaceOf),
  inputGradientKernel("DepthwiseConv2dNativeBackpropInput", depthwise),
  filterGradientKernel("Conv2DBackpropFilter", plane),
  filterGradientKernel("Conv3DBackpropFilterV2", spaceOf),
  filterGradientKernel("DepthwiseConv2dNativeBackpropFilter", depthwise),
];
