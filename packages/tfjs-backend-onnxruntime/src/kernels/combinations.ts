import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { text } from "../graph/attribute.ts";
import { float } from "../graph/constant.ts";
import type { GraphDtype } from "../graph/value.ts";
import { activate } from "./activation.ts";
import { castValue } from "./cast.ts";
import { binary } from "./float-operators.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { product } from "./products.ts";

interface FusedMatMulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation: string | null;
  readonly leakyreluAlpha: number;
}

interface BatchNormInputs {
  readonly x: TensorInfo;
  readonly mean: TensorInfo;
  readonly variance: TensorInfo;
  readonly offset?: TensorInfo;
  readonly scale?: TensorInfo;
}

/** (x − mean) / √(variance + ε) · scale + offset, all broadcast to x */
const BATCH_NORM: Kernel = kernel<BatchNormInputs, { varianceEpsilon?: number }>(
  "FusedBatchNorm",
  ({ x, mean, variance, offset, scale }, { varianceEpsilon }, backend) => {
    const spread = backend.value(variance);
    const one = { shape: spread.shape, dtype: "float32" } as const;
    const shifted = backend.op({
      op: "Add",
      inputs: [spread, float(varianceEpsilon ?? 0.001)],
      ...one,
    });
    const deviation = backend.op({ op: "Sqrt", inputs: [shifted], ...one });
    const centred = binary(backend, "Sub", [backend.value(x), backend.value(mean)]);
    let value = binary(backend, "Div", [centred, deviation]);
    if (scale != null) value = binary(backend, "Mul", [value, backend.value(scale)]);
    if (offset != null) value = binary(backend, "Add", [value, backend.value(offset)]);
    return backend.tensor(value);
  },
);

export const COMBINATION_KERNELS: readonly Kernel[] = [
  BATCH_NORM,
  kernel<TensorInfo[]>("AddN", (inputs, _attrs, backend) => {
    const [first, ...rest] = inputs as [TensorInfo, ...TensorInfo[]];
    if (rest.length === 0) return backend.share(first);
    const dtype = first.dtype as GraphDtype;
    const values = inputs.map((input) => backend.value(input));
    if (dtype === "float32") {
      return backend.tensor(backend.op({ op: "Sum", inputs: values, shape: first.shape, dtype }));
    }
    const within = dtype === "bool" ? "int32" : dtype;
    const sum = values
      .map((value) => castValue(backend, value, within))
      .reduce((a, b) =>
        backend.op({ op: "Add", inputs: [a, b], shape: first.shape, dtype: within }),
      );
    return backend.tensor(castValue(backend, sum, dtype));
  }),
  kernel<TensorInfo[], { equation: string }>("Einsum", (inputs, { equation }, backend) => {
    const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, inputs.length);
    backend_util.checkEinsumDimSizes(allDims.length, idDims, inputs as never);
    const sizes = new Map<string, number>();
    const [terms, result] = equation.replace(/\s/g, "").split("->") as [string, string];
    terms.split(",").forEach((term, i) => {
      [...term].forEach((letter, axis) => {
        sizes.set(letter, inputs[i]?.shape[axis] as number);
      });
    });
    const dtype = inputs[0]?.dtype as GraphDtype;
    return backend.tensor(
      backend.op({
        op: "Einsum",
        inputs: inputs.map((input) => backend.value(input)),
        attributes: { equation: text(`${terms}->${result}`) },
        shape: [...result].map((letter) => sizes.get(letter) as number),
        dtype,
      }),
    );
  }),
  kernel<
    { a: TensorInfo; b: TensorInfo; bias?: TensorInfo; preluActivationWeights?: TensorInfo },
    FusedMatMulAttrs
  >("_FusedMatMul", (inputs, attrs, backend) => {
    const { a, b, bias, preluActivationWeights } = inputs;
    const pair = [backend.value(a), backend.value(b)] as const;
    let value = product(backend, pair, attrs);
    if (bias != null) value = binary(backend, "Add", [value, backend.value(bias)]);
    const weights =
      preluActivationWeights == null ? undefined : backend.value(preluActivationWeights);
    return backend.tensor(activate(backend, value, { ...attrs, weights }));
  }),
];
