import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { int } from "../graph/attribute.ts";
import { int32s, int64s } from "../graph/constant.ts";
import type { GraphDtype, Value } from "../graph/value.ts";
import { createValue, sizeOf, viewOf } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { addRows } from "./indexing.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { expand, filled } from "./shapes.ts";

interface Sparse {
  readonly sparseIndices: TensorInfo;
  /** One an index, or one for all of them. */
  readonly sparseValues: TensorInfo;
  readonly defaultValue: TensorInfo;
}

export const SCATTER_KERNELS: readonly Kernel[] = [
  kernel<{ indices: TensorInfo; updates: TensorInfo }, { shape: number[] }>(
    "ScatterNd",
    ({ indices, updates }, { shape }, backend) => {
      const dtype = updates.dtype as GraphDtype;
      const { sliceRank, numUpdates, sliceSize, strides, outputSize } =
        backend_util.calculateShapes(updates as never, indices as never, shape);
      if (outputSize === 0 || numUpdates === 0) {
        return backend.tensor(filled(backend, shape, { dtype, value: 0 }));
      }
      expectScatterIndices(backend, indices, { shape, depth: sliceRank });
      const rows = flatRows(backend, indices, { sliceRank, numUpdates, strides });
      const within: GraphDtype = dtype === "bool" ? "int32" : dtype;
      const values = viewOf(castValue(backend, backend.value(updates), within), [
        numUpdates,
        sliceSize,
      ]);
      const summed = addRows(backend, [values, rows], outputSize / sliceSize);
      return backend.tensor(castValue(backend, summed, dtype), shape);
    },
  ),
  kernel<{ tensor: TensorInfo; indices: TensorInfo; updates: TensorInfo }>(
    "TensorScatterUpdate",
    ({ tensor, indices, updates }, _attrs, backend) => {
      const { sliceRank, numUpdates, sliceSize, strides, outputSize } =
        backend_util.calculateShapes(updates as never, indices as never, tensor.shape);
      if (numUpdates === 0 || outputSize === 0) return backend.share(tensor);
      expectScatterIndices(backend, indices, { shape: tensor.shape, depth: sliceRank });
      const rows = flatRows(backend, indices, { sliceRank, numUpdates, strides });
      const table = viewOf(backend.value(tensor), [outputSize / sliceSize, sliceSize]);
      const values = viewOf(backend.value(updates), [numUpdates, sliceSize]);
      const result = replaceRows(backend, table, { rows, values });
      return backend.tensor(result, tensor.shape);
    },
  ),
  kernel<Sparse, { outputShape: number[] }>(
    "SparseToDense",
    ({ sparseIndices, sparseValues, defaultValue }, { outputShape }, backend) => {
      const { sliceRank, numUpdates, strides, outputSize } = backend_util.calculateShapes(
        sparseValues as never,
        sparseIndices as never,
        outputShape,
      );
      const table = expand(backend, backend.value({ ...defaultValue, shape: [] }), [outputSize, 1]);
      if (numUpdates === 0 || outputSize === 0) return backend.tensor(table, outputShape);
      expectScatterIndices(backend, sparseIndices, { shape: outputShape, depth: sliceRank });
      const rows = flatRows(backend, sparseIndices, { sliceRank, numUpdates, strides });
      const given = backend.value(sparseValues);
      const values =
        given.size === 1 ? expand(backend, viewOf(given, [1, 1]), [numUpdates, 1]) : given;
      return backend.tensor(
        replaceRows(backend, table, { rows, values: viewOf(values, [numUpdates, 1]) }),
        outputShape,
      );
    },
  ),
  kernel<{ x: TensorInfo }>("Diag", ({ x }, _attrs, backend) => {
    const n = sizeOf(x.shape);
    const places = Int32Array.from({ length: n }, (_, i) => i * (n + 1));
    const zeros = filled(backend, [n * n, 1], { dtype: x.dtype as GraphDtype, value: 0 });
    const matrix = replaceRows(backend, zeros, {
      rows: createValue("int32", [n], { data: places }),
      values: backend.value({ ...x, shape: [n, 1] }),
    });
    return backend.tensor(matrix, [...x.shape, ...x.shape]);
  }),
];

/** The table `[rows, slice]` with some of its rows replaced; of several for one row the last one stays. */
function replaceRows(
  backend: OnnxruntimeBackend,
  table: Value,
  { rows, values }: { rows: Value; values: Value },
): Value {
  const index = expand(backend, viewOf(rows, [rows.size, 1]), values.shape);
  return backend.op({
    op: "ScatterElements",
    inputs: [table, index, values],
    attributes: { axis: int(0) },
    shape: table.shape,
    dtype: table.dtype,
  });
}

/** Throws while the op is recorded if a position is known to be outside of the target. */
function expectScatterIndices(
  backend: OnnxruntimeBackend,
  indices: TensorInfo,
  target: { shape: readonly number[]; depth: number },
): void {
  const known = backend.known(indices);
  if (known === undefined) return;
  for (let i = 0; i < known.length; i++) {
    const index = known[i] as number;
    const limit = target.shape[i % target.depth] as number;
    if (index < 0 || index >= limit) {
      throw new Error(`Invalid indices: ${index} does not index into ${target.shape}`);
    }
  }
}

/** Positions `[N, R]` of slices as row numbers `[N]` of the flattened `[rows, slice]`. */
function flatRows(
  backend: OnnxruntimeBackend,
  indices: TensorInfo,
  layout: { sliceRank: number; numUpdates: number; strides: number[] },
): Value {
  const { sliceRank, numUpdates, strides } = layout;
  const index = viewOf(castValue(backend, backend.value(indices), "int32"), [
    numUpdates,
    sliceRank,
  ]);
  if (sliceRank === 1) return viewOf(index, [numUpdates]);
  const steps = Int32Array.from(strides.slice(0, sliceRank)); // in rows
  const product = backend.op({
    op: "Mul",
    inputs: [index, int32s(steps, [sliceRank])],
    shape: [numUpdates, sliceRank],
    dtype: "int32",
  });
  const summed = backend.op({
    op: "ReduceSum",
    inputs: [product, int64s([1])],
    attributes: { keepdims: int(0) },
    shape: [numUpdates],
    dtype: "int32",
  });
  return summed;
}
