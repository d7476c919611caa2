import { kernels as names } from "@espalier/ops";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { floatAttribute, int } from "../graph/attribute.ts";
import { float } from "../graph/constant.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf } from "../graph/value.ts";
import { on } from "./float-operators.ts";
import { addRows } from "./indexing.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { columnSum, linear } from "./products.ts";
import { reduce, softmax } from "./reductions.ts";

function layerNorm(
  inputs: names.LayerNormInputs,
  attrs: names.LayerNormAttrs,
  backend: OnnxruntimeBackend,
): TensorInfo[] {
  const { x, gain, bias } = inputs;
  const statistics = [...x.shape.slice(0, -1), 1];
  return backend
    .ops({
      op: "LayerNormalization",
      inputs: [backend.value(x), backend.value(gain), backend.value(bias)],
      attributes: { axis: int(-1), epsilon: floatAttribute(attrs.epsilon) },
      outputs: [x.shape, statistics, statistics].map((shape) => ({ shape, dtype: "float32" })),
    })
    .map((value) => backend.tensor(value));
}

/** dx = (g − mean(g) − x̂ · mean(g · x̂)) · inverse deviation, with g = dy · gain */
function layerNormGrad(
  inputs: names.LayerNormGradInputs,
  _attrs: unknown,
  backend: OnnxruntimeBackend,
): TensorInfo[] {
  const width = inputs.x.shape[inputs.x.shape.length - 1] as number;
  const rows = width === 0 ? 0 : sizeOf(inputs.x.shape) / width;
  const flat = (info: TensorInfo, columns: number): Value =>
    backend.value({ ...info, shape: [rows, columns] });
  const dy = flat(inputs.dy, width);
  const x = flat(inputs.x, width);
  const mean = flat(inputs.mean, 1);
  const inverse = flat(inputs.inverseDeviation, 1);
  const gain = backend.value(inputs.gain);
  const full = on(backend, [rows, width]);
  const hat = full("Mul", full("Sub", x, mean), inverse);
  const product = full("Mul", dy, hat);
  const scaled = full("Mul", dy, gain);
  const meanScaled = reduce(backend, scaled, { op: "ReduceMean", axes: [1] });
  const meanProduct = reduce(backend, full("Mul", product, gain), { op: "ReduceMean", axes: [1] });
  const centred = full("Sub", full("Sub", scaled, meanScaled), full("Mul", hat, meanProduct));
  const dx = full("Mul", centred, inverse);
  return [
    backend.tensor(dx, inputs.x.shape),
    backend.tensor(columnSum(backend, product)),
    backend.tensor(columnSum(backend, dy)),
  ];
}

function maskedSoftmax(
  { scores, bias }: names.MaskedSoftmaxInputs,
  { scale }: names.MaskedSoftmaxAttrs,
  backend: OnnxruntimeBackend,
): TensorInfo {
  const call = on(backend, scores.shape);
  const value = backend.value(scores);
  // A constant factor behind a product becomes the product's own.
  const scaled = scale === 1 ? value : call("Mul", value, float(scale));
  const masked = bias == null ? scaled : call("Add", scaled, backend.value(bias));
  return backend.tensor(softmax(backend, masked, -1));
}

/** scale · (dy · y − y · Σ dy · y) */
function softmaxGrad(
  inputs: names.SoftmaxGradInputs,
  { scale }: names.MaskedSoftmaxAttrs,
  backend: OnnxruntimeBackend,
): TensorInfo {
  const { shape } = inputs.y;
  const call = on(backend, shape);
  const y = backend.value(inputs.y);
  const product = call("Mul", backend.value(inputs.dy), y);
  const sum = reduce(backend, product, { op: "ReduceSum", axes: [shape.length - 1] });
  const difference = call("Sub", product, call("Mul", y, sum));
  return backend.tensor(scale === 1 ? difference : call("Mul", difference, float(scale)));
}

export const FUSED_KERNELS: readonly Kernel[] = [
  kernel(names.LAYER_NORM, layerNorm),
  kernel(names.LAYER_NORM_GRAD, layerNormGrad),
  kernel<names.LinearInputs>(names.LINEAR, ({ x, weight, bias }, _attrs, backend) =>
    backend.tensor(
      linear(backend, {
        x: backend.value(x),
        weight: backend.value(weight),
        bias: bias == null ? undefined : backend.value(bias),
      }),
    ),
  ),
  kernel<names.ColumnSumInputs>(names.COLUMN_SUM, ({ x }, _attrs, backend) =>
    backend.tensor(columnSum(backend, backend.value(x))),
  ),
  kernel(names.MASKED_SOFTMAX, maskedSoftmax),
  kernel(names.SOFTMAX_GRAD, softmaxGrad),
  kernel<names.EmbeddingGradInputs, names.EmbeddingGradAttrs>(
    names.EMBEDDING_GRAD,
    ({ dy, ids }, { rows }, backend) =>
      backend.tensor(addRows(backend, [backend.value(dy), backend.value(ids)], rows)),
  ),
];
