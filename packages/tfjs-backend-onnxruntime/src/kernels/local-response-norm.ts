import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { float } from "../graph/constant.ts";
import { createValue, type GraphDtype, sizeOf, type Value, viewOf } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { on } from "./float-operators.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { product } from "./products.ts";

interface LrnAttrs {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

/** Local response normalization: y = x · n^−β with n = bias + α · Σ x² over the channels around each one. */
export const LOCAL_RESPONSE_NORM_KERNELS: readonly Kernel[] = [
  kernel<{ x: TensorInfo }, LrnAttrs>("LRN", ({ x }, attrs, backend) => {
    const value = pixels(backend, x);
    const call = on(backend, value.shape);
    const { norm } = sumsAround(backend, value, attrs);
    const y = call("Mul", value, call("Pow", norm, float(-attrs.beta)));
    return backend.tensor(castValue(backend, y, x.dtype as GraphDtype), x.shape);
  }),
  // dx = dy · n^−β − 2αβ · x · Σ dy · y / n, summed over the same channels
  kernel<{ x: TensorInfo; y: TensorInfo; dy: TensorInfo }, LrnAttrs>(
    "LRNGrad",
    (inputs, attrs, backend) => {
      const { alpha, beta } = attrs;
      const [x, y, dy] = [inputs.x, inputs.y, inputs.dy].map((info) => pixels(backend, info)) as [
        Value,
        Value,
        Value,
      ];
      const call = on(backend, x.shape);
      const { norm, sumAround } = sumsAround(backend, x, attrs);
      const own = call("Mul", dy, call("Pow", norm, float(-beta)));
      const others = sumAround(call("Div", call("Mul", dy, y), norm));
      const dx = call("Sub", own, call("Mul", call("Mul", x, others), float(2 * alpha * beta)));
      return backend.tensor(castValue(backend, dx, inputs.x.dtype as GraphDtype), inputs.x.shape);
    },
  ),
];

/** float32 `[pixels, channels]` */
function pixels(backend: OnnxruntimeBackend, images: TensorInfo): Value {
  const { shape } = images;
  const channels = shape[3] as number;
  const rows = sizeOf(shape.slice(0, 3));
  return viewOf(castValue(backend, backend.value(images), "float32"), [rows, channels]);
}

/** The sum over the channels around each one, a product with a band of ones, and n of x. */
function sumsAround(
  backend: OnnxruntimeBackend,
  x: Value,
  { depthRadius, bias, alpha }: LrnAttrs,
): { norm: Value; sumAround: (value: Value) => Value } {
  const channels = x.shape[1] as number;
  const data = Float32Array.from({ length: channels ** 2 }, (_, i) => {
    const distance = Math.abs(Math.floor(i / channels) - (i % channels));
    return distance <= depthRadius ? 1 : 0;
  });
  const band = createValue("float32", [channels, channels], { data });
  const sumAround = (value: Value): Value => product(backend, [value, band]);
  const call = on(backend, x.shape);
  const sum = sumAround(call("Mul", x, x));
  return { norm: call("Add", call("Mul", sum, float(alpha)), float(bias)), sumAround };
}
