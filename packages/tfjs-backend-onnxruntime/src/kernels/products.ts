import { broadcast_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { flag, floatAttribute, int } from "../graph/attribute.ts";
import type { GraphDtype, Value } from "../graph/value.ts";
import { sizeOf, viewOf } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { filled, transpose } from "./shapes.ts";

export interface ProductOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Default 1. */
  readonly scale?: number;
}

/** Batched matrix product with transposes of the last two axes; batch dimensions broadcast. */
export function product(
  backend: OnnxruntimeBackend,
  [a, b]: readonly [Value, Value],
  options: ProductOptions = {},
): Value {
  const { transposeA = false, transposeB = false, scale = 1 } = options;
  const rankA = a.shape.length;
  const rankB = b.shape.length;
  const innerA = a.shape[transposeA ? rankA - 2 : rankA - 1] as number;
  const innerB = b.shape[transposeB ? rankB - 1 : rankB - 2] as number;
  const batch = broadcast_util.assertAndGetBroadcastShape(
    a.shape.slice(0, -2),
    b.shape.slice(0, -2),
  );
  util.assert(
    innerA === innerB,
    () =>
      `Error in matMul: inner shapes (${innerA}) and (${innerB}) of Tensors with shapes ${a.shape} and ` +
      `${b.shape} and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
  const rows = a.shape[transposeA ? rankA - 1 : rankA - 2] as number;
  const columns = b.shape[transposeB ? rankB - 2 : rankB - 1] as number;
  const shape = [...batch, rows, columns];
  const dtype = a.dtype;
  if (innerA === 0 || sizeOf(shape) === 0) return filled(backend, shape, { dtype, value: 0 });
  if (dtype !== "float32") {
    const swap = (value: Value, wanted: boolean): Value => {
      const axes = value.shape.map((_, i) => i);
      return wanted
        ? transpose(backend, value, [...axes.slice(0, -2), axes.length - 1, axes.length - 2])
        : value;
    };
    return backend.op({
      op: "MatMul",
      inputs: [swap(a, transposeA), swap(b, transposeB)],
      shape,
      dtype,
    });
  }
  if (!transposeB && scale === 1 && (!transposeA || shape.length === 2)) {
    // A weight gradient. The runtime transposes `a` block by block, and again for every 128 columns of `b`: doing it once
    // before makes the product 10 to 25 % faster. Of a tall one the transpose is computed, which is faster once more.
    if (transposeA && rows > columns) {
      return transpose(backend, product(backend, [b, a], { transposeA }), [1, 0]);
    }
    const left = transposeA ? transpose(backend, a, [1, 0]) : a;
    return backend.op({ op: "MatMul", inputs: [left, b], shape, dtype });
  }
  return backend.op({
    op: "FusedMatMul",
    domain: "com.microsoft",
    inputs: [a, b],
    attributes: {
      transA: flag(transposeA),
      transB: flag(transposeB),
      alpha: floatAttribute(scale),
    },
    shape,
    dtype,
  });
}

/** x · weightᵀ + bias with the weight `[out, in]`. */
export function linear(
  backend: OnnxruntimeBackend,
  inputs: { x: Value; weight: Value; bias: Value | undefined },
): Value {
  const { x, weight, bias } = inputs;
  const shape = [x.shape[0] as number, weight.shape[0] as number];
  if (sizeOf(x.shape) === 0) {
    const zeros = filled(backend, shape, { dtype: "float32", value: 0 });
    if (bias === undefined) return zeros;
    return backend.op({ op: "Add", inputs: [zeros, bias], shape, dtype: "float32" });
  }
  return backend.op({
    op: "Gemm",
    inputs: bias === undefined ? [x, weight] : [x, weight, bias],
    attributes: { transB: int(1) },
    shape,
    dtype: "float32",
  });
}

/** Column sums of `[N, O]`: a product with ones runs on all threads, a reduction over rows hardly does. */
export function columnSum(backend: OnnxruntimeBackend, x: Value): Value {
  const [rows, columns] = x.shape as [number, number];
  if (rows === 0) return filled(backend, [columns], { dtype: "float32", value: 0 });
  const ones = filled(backend, [1, rows], { dtype: "float32", value: 1 });
  const sums = backend.op({
    op: "MatMul",
    inputs: [ones, x],
    shape: [1, columns],
    dtype: "float32",
  });
  return viewOf(sums, [columns]);
}

export const PRODUCT_KERNELS: readonly Kernel[] = [
  kernel<{ a: TensorInfo; b: TensorInfo }, { transposeA: boolean; transposeB: boolean }>(
    "BatchMatMul",
    ({ a, b }, { transposeA, transposeB }, backend) => {
      const dtype: GraphDtype = a.dtype === "int32" && b.dtype === "int32" ? "int32" : "float32";
      const pair = [
        castValue(backend, backend.value(a), dtype),
        castValue(backend, backend.value(b), dtype),
      ] as const;
      return backend.tensor(product(backend, pair, { transposeA, transposeB }));
    },
  ),
];
