import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import type { GraphDtype } from "../graph/value.ts";
import { createValue, newArray } from "../graph/value.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { expand, filled } from "./shapes.ts";

/**
 * A tensor with one number everywhere. The number is a feed, not part of the graph: `tf.fill` with another number
 * each step is still the same graph.
 */
function fill(
  backend: OnnxruntimeBackend,
  shape: readonly number[],
  content: { dtype: GraphDtype; value: number },
): TensorInfo {
  const data = newArray(content.dtype, 1) as Float32Array;
  data[0] = content.value;
  const one = createValue(content.dtype, [], { data });
  return backend.tensor(shape.length === 0 ? one : expand(backend, one, shape));
}

/** A numeric sequence on the host: small, and usually the indices of something. */
function sequence(backend: OnnxruntimeBackend, values: Float32Array | Int32Array): TensorInfo {
  const dtype = values instanceof Int32Array ? "int32" : "float32";
  return backend.tensor(createValue(dtype, [values.length], { data: values }));
}

export const FILL_KERNELS: readonly Kernel[] = [
  kernel<unknown, { shape: number[]; value: number; dtype?: GraphDtype }>(
    "Fill",
    (_inputs, { shape, value, dtype }, backend) => {
      return fill(backend, shape, { dtype: dtype ?? "float32", value });
    },
  ),
  kernel<{ x: TensorInfo }>("ZerosLike", ({ x }, _attrs, backend) =>
    backend.tensor(filled(backend, x.shape, { dtype: x.dtype as GraphDtype, value: 0 })),
  ),
  kernel<{ x: TensorInfo }>("OnesLike", ({ x }, _attrs, backend) =>
    backend.tensor(filled(backend, x.shape, { dtype: x.dtype as GraphDtype, value: 1 })),
  ),
  kernel<unknown, { start: number; stop: number; step: number; dtype: "float32" | "int32" }>(
    "Range",
    (_inputs, { start, stop, step: given, dtype }, backend) => {
      const step = stop < start && given === 1 ? -1 : given;
      const empty = start === stop || (start < stop && step < 0) || (stop < start && step > 0);
      const length = empty ? 0 : Math.abs(Math.ceil((stop - start) / step));
      const values = dtype === "int32" ? new Int32Array(length) : new Float32Array(length);
      // Sums, as the cpu backend's: start + i · step would differ in the last bit.
      for (let i = 0; i < length; i++) {
        values[i] = i === 0 ? start : (values[i - 1] as number) + step;
      }
      return sequence(backend, values);
    },
  ),
  kernel<unknown, { start: number; stop: number; num: number }>(
    "LinSpace",
    (_inputs, { start, stop, num }, backend) => {
      const step = (stop - start) / (num - 1);
      const values = new Float32Array(num);
      for (let i = 0; i < num; i++) values[i] = i === 0 ? start : (values[i - 1] as number) + step;
      return sequence(backend, values);
    },
  ),
  kernel<{ s0: TensorInfo; s1: TensorInfo }>("BroadcastArgs", ({ s0, s1 }, _attrs, backend) => {
    const shapes = [s0, s1].map((info) => [...(backend.readSync(info.dataId) as Int32Array)]);
    const [a, b] = shapes as [number[], number[]];
    const rank = Math.max(a.length, b.length);
    const result = new Int32Array(rank);
    for (let i = 0; i < rank; i++) {
      const left = a[a.length - rank + i] ?? 1;
      const right = b[b.length - rank + i] ?? 1;
      util.assert(
        left === right || left === 1 || right === 1,
        () => `Operands could not be broadcast together with shapes ${a} and ${b}.`,
      );
      result[i] = left === 1 ? right : left;
    }
    return sequence(backend, result);
  }),
];
