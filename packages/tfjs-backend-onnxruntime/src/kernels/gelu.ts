import { kernels as names } from "@espalier/ops";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { floatAttribute } from "../graph/attribute.ts";
import { float } from "../graph/constant.ts";
import type { Value } from "../graph/value.ts";
import { type Call, on } from "./float-operators.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { product } from "./products.ts";

function gelu(
  { x }: { x: TensorInfo },
  { approximation }: names.GeluAttrs,
  backend: OnnxruntimeBackend,
): TensorInfo {
  return backend.tensor(
    backend.op({
      op: approximation === "erf" ? "Gelu" : "FastGelu",
      domain: "com.microsoft",
      inputs: [backend.value(x)],
      shape: x.shape,
      dtype: "float32",
    }),
  );
}

function geluGrad(
  inputs: names.GeluGradInputs,
  { approximation }: names.GeluAttrs,
  backend: OnnxruntimeBackend,
): TensorInfo {
  const x = backend.value(inputs.x);
  const dy = backend.value(inputs.dy);
  const call = on(backend, inputs.x.shape);
  const slope = approximation === "erf" ? erfSlope(backend, x, call) : tanhSlope(x, call);
  return backend.tensor(call("Mul", dy, slope));
}

/**
 * Φ(x) + x · φ(x), with u = x / √2: (1 + erf(u)) / 2 + u / exp(u²) / √π. Every operator is a pass over memory: HardSigmoid
 * is 0.5 · e + 0.5 in one of them, as erf is within ±1, and the quotient spares a negation.
 */
function erfSlope(backend: OnnxruntimeBackend, x: Value, call: Call): Value {
  const u = call("Mul", x, float(Math.SQRT1_2));
  const area = backend.op({
    op: "HardSigmoid",
    inputs: [call("Erf", u)],
    attributes: { alpha: floatAttribute(0.5), beta: floatAttribute(0.5) },
    shape: x.shape,
    dtype: "float32",
  });
  const bell = call("Div", u, call("Exp", call("Mul", u, u)));
  return call("Add", area, call("Mul", bell, float(1 / Math.sqrt(Math.PI))));
}

/** (1 + t) / 2 + x · (1 − t²) / 2 · √(2/π) · (1 + 3 · 0.044715 · x²), t = tanh(√(2/π) · (x + 0.044715 · x³)) */
function tanhSlope(x: Value, call: Call): Value {
  const factor = Math.sqrt(2 / Math.PI);
  const square = call("Mul", x, x);
  const cubic = call("Add", call("Mul", square, float(0.044715 * factor)), float(factor));
  const t = call("Tanh", call("Mul", x, cubic));
  const bend = call("Add", call("Mul", square, float(1.5 * 0.044715 * factor)), float(factor / 2));
  const rest = call("Sub", float(1), call("Mul", t, t));
  const half = call("Add", call("Mul", t, float(0.5)), float(0.5));
  return call("Add", half, call("Mul", call("Mul", x, rest), bend));
}

/** `Gemm` writes the bias to its output first, on one thread; the GELU adds it on all of them. */
function linearGelu(
  inputs: names.LinearGeluInputs,
  { approximation }: names.GeluAttrs,
  backend: OnnxruntimeBackend,
): TensorInfo {
  const [x, weight, bias] = [inputs.x, inputs.weight, inputs.bias].map((info) =>
    backend.value(info),
  ) as [Value, Value, Value];
  const hidden = product(backend, [x, weight], { transposeB: true });
  return backend.tensor(
    backend.op({
      op: approximation === "erf" ? "BiasGelu" : "FastGelu",
      domain: "com.microsoft",
      inputs: [hidden, bias],
      shape: hidden.shape,
      dtype: "float32",
    }),
  );
}

export const GELU_KERNELS: readonly Kernel[] = [
  kernel(names.GELU, gelu),
  kernel(names.GELU_GRAD, geluGrad),
  kernel(names.LINEAR_GELU, linearGelu),
];
