import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { int, text } from "../graph/attribute.ts";
import { fromShapes, int32s, int64s, scalar } from "../graph/constant.ts";
import type { GraphDtype, Value } from "../graph/value.ts";
import { sizeOf, viewOf } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { expand, filled } from "./shapes.ts";

/** Slices of a value along an axis, by int32 or int64 indices. */
export function gather(
  backend: OnnxruntimeBackend,
  [value, indices]: readonly [Value, Value],
  axis: number,
): Value {
  return backend.op({
    op: "Gather",
    inputs: [value, indices],
    attributes: { axis: int(axis) },
    shape: [...value.shape.slice(0, axis), ...indices.shape, ...value.shape.slice(axis + 1)],
    dtype: value.dtype,
  });
}

/**
 * Rows added up by index: out[ids[n]] += x[n].
 *
 * ScatterElements, not ScatterND: the latter adds on several threads without locks and loses sums when ids repeat.
 * @param x `[N, D]`
 * @param ids int32 `[N]`; rows outside `0 .. rows - 1` are errors of the runtime
 */
export function addRows(
  backend: OnnxruntimeBackend,
  [x, ids]: readonly [Value, Value],
  rows: number,
): Value {
  const [count, width] = x.shape as [number, number];
  const shape = [rows, width];
  const zeros = filled(backend, shape, { dtype: x.dtype, value: 0 });
  if (count === 0) return zeros;
  const index = expand(backend, viewOf(ids, [count, 1]), [count, width]);
  return backend.op({
    op: "ScatterElements",
    inputs: [zeros, index, x],
    attributes: { axis: int(0), reduction: text("add") },
    shape,
    dtype: x.dtype,
    rowSums: { rows: x, ids },
  });
}

/** Throws while the op is recorded if an index is known to be out of range. */
function expectIndices(backend: OnnxruntimeBackend, indices: TensorInfo, limit: number): void {
  const known = backend.known(indices);
  if (known === undefined) return;
  for (let i = 0; i < known.length; i++) {
    const index = known[i] as number;
    if (index < 0 || index >= limit) {
      throw new Error(`GatherV2: the index value ${index} is not in [0, ${limit - 1}]`);
    }
  }
}

export const INDEXING_KERNELS: readonly Kernel[] = [
  kernel<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims?: number }>(
    "GatherV2",
    ({ x, indices }, attrs, backend) => {
      const axis = util.parseAxisParam(attrs.axis, x.shape)[0] as number;
      expectIndices(backend, indices, x.shape[axis] as number);
      const batchDims = attrs.batchDims ?? 0;
      const index = castValue(backend, backend.value(indices), "int32");
      if (batchDims === 0) {
        return backend.tensor(gather(backend, [backend.value(x), index], axis));
      }
      const info = backend_util.segment_util.collectGatherOpShapeInfo(
        x as never,
        indices as never,
        axis,
        batchDims,
      );
      // [batch, outer, dim, inner] by [batch, n]: rows of [batch · outer · dim, inner] at (b · outer + o) · dim + i.
      const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
      const count = sizeOf(indices.shape) / batchSize;
      const base = Int32Array.from({ length: batchSize * outerSize }, (_, i) => i * dimSize);
      const starts = int32s(base, [batchSize, outerSize, 1]);
      const shape = [batchSize, outerSize, count];
      const rows = backend.op({
        op: "Add",
        inputs: [viewOf(index, [batchSize, 1, count]), starts],
        shape,
        dtype: "int32",
      });
      const table = viewOf(backend.value(x), [batchSize * outerSize * dimSize, sliceSize]);
      return backend.tensor(gather(backend, [table, rows], 0), outputShape);
    },
  ),
  kernel<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(
    "UnsortedSegmentSum",
    ({ x, segmentIds }, { numSegments }, backend) => {
      const rank = segmentIds.shape.length;
      const rest = x.shape.slice(rank);
      const count = sizeOf(segmentIds.shape);
      const dtype: GraphDtype = x.dtype === "bool" ? "int32" : (x.dtype as GraphDtype);
      const rows = viewOf(castValue(backend, backend.value(x), dtype), [count, sizeOf(rest)]);
      const ids = viewOf(castValue(backend, backend.value(segmentIds), "int32"), [count]);
      // Segments that are negative or too large are left out: they go to one more row, which is cut off.
      const outside = (op: string, bound: number): Value =>
        backend.op({ op, inputs: [ids, scalar("int32", bound)], shape: [count], dtype: "bool" });
      const invalid = backend.op({
        op: "Or",
        inputs: [outside("Less", 0), outside("GreaterOrEqual", numSegments)],
        shape: [count],
        dtype: "bool",
      });
      const safe = backend.op({
        op: "Where",
        inputs: [invalid, scalar("int32", numSegments), ids],
        shape: [count],
        dtype: "int32",
      });
      const known = backend.known(segmentIds);
      const inside =
        known !== undefined && Array.from(known).every((id) => id >= 0 && id < numSegments);
      if (inside)
        return backend.tensor(addRows(backend, [rows, ids], numSegments), [numSegments, ...rest]);
      const summed = addRows(backend, [rows, safe], numSegments + 1);
      const shape = [numSegments, sizeOf(rest)];
      const cut = backend.op({
        op: "Slice",
        inputs: [summed, int64s([0]), fromShapes([numSegments]), int64s([0])],
        shape,
        dtype,
      });
      return backend.tensor(cut, [numSegments, ...rest]);
    },
  ),
  kernel<{ params: TensorInfo; indices: TensorInfo }>(
    "GatherNd",
    ({ params, indices }, _attrs, backend) => {
      const [outShape] = backend_util.prepareAndValidate(params as never, indices as never);
      const depth = indices.shape[indices.shape.length - 1] as number;
      if (depth === 0) {
        const value = viewOf(backend.value(params), [
          ...indices.shape.slice(0, -1).map(() => 1),
          ...params.shape,
        ]);
        return backend.tensor(expand(backend, value, outShape));
      }
      const known = backend.known(indices);
      Array.from(known ?? []).forEach((index, i) => {
        const limit = params.shape[i % depth] as number;
        if (index < 0 || index >= limit) {
          const row = Array.from(known ?? []).slice(i - (i % depth), i - (i % depth) + depth);
          throw new Error(`Invalid indices: ${row} does not index into ${params.shape}`);
        }
      });
      return backend.tensor(
        backend.op({
          op: "GatherND",
          inputs: [
            backend.value(params),
            castValue(backend, castValue(backend, backend.value(indices), "int32"), "int64"),
          ],
          shape: outShape,
          dtype: params.dtype as GraphDtype,
        }),
      );
    },
  ),
  kernel<
    { indices: TensorInfo },
    { depth: number; onValue: number; offValue: number; dtype?: GraphDtype }
  >("OneHot", ({ indices }, { depth, onValue, offValue, dtype = "int32" }, backend) => {
    const shape = [...indices.shape, depth];
    const classes = int32s(
      Int32Array.from({ length: depth }, (_, i) => i),
      [depth],
    );
    const index = castValue(
      backend,
      backend.value({ ...indices, shape: [...indices.shape, 1] }),
      "int32",
    );
    const hit = backend.op({ op: "Equal", inputs: [index, classes], shape, dtype: "bool" });
    const within: GraphDtype = dtype === "bool" ? "int32" : dtype;
    const chosen = backend.op({
      op: "Where",
      inputs: [hit, scalar(within, onValue), scalar(within, offValue)],
      shape,
      dtype: within,
    });
    return backend.tensor(castValue(backend, chosen, dtype));
  }),
  kernel<{ x: TensorInfo }, { k: number }>("TopK", ({ x }, { k }, backend) => {
    const shape = [...x.shape.slice(0, -1), k];
    const [values, indices] = backend.ops({
      op: "TopK",
      inputs: [backend.value(x), fromShapes([k])],
      attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
      outputs: [
        { shape, dtype: x.dtype as GraphDtype },
        { shape, dtype: "int64" },
      ],
    }) as [Value, Value];
    return [backend.tensor(values), backend.tensor(castValue(backend, indices, "int32"))];
  }),
  kernel<{ condition: TensorInfo; t: TensorInfo; e: TensorInfo }>(
    "Select",
    ({ condition, t, e }, _attrs, backend) => {
      // A condition of lower rank picks whole slices of the first axis.
      const picked =
        condition.shape.length === 0 || condition.shape.length > 1 || t.shape.length === 1;
      const shape = picked
        ? condition.shape
        : [...condition.shape, ...t.shape.slice(1).map(() => 1)];
      const dtype = t.dtype === "bool" ? "int32" : (t.dtype as GraphDtype);
      const chosen = backend.op({
        op: "Where",
        inputs: [
          castValue(backend, backend.value({ ...condition, shape }), "bool"),
          castValue(backend, backend.value(t), dtype),
          castValue(backend, backend.value(e), dtype),
        ],
        shape: t.shape,
        dtype,
      });
      return backend.tensor(castValue(backend, chosen, t.dtype as GraphDtype));
    },
  ),
];
