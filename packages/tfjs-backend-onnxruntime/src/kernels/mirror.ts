import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { int } from "../graph/attribute.ts";
import { fromShapes, int64s } from "../graph/constant.ts";
import type { Value } from "../graph/value.ts";
import { type Kernel, kernel } from "./kernel.ts";

interface One {
  readonly x: TensorInfo;
}

/** Elements in the opposite order. */
export const MIRROR_KERNELS: readonly Kernel[] = [
  kernel<One, { paddings: [number, number][]; mode: "reflect" | "symmetric" }>(
    "MirrorPad",
    ({ x }, { paddings, mode }, backend) => {
      // Which element each output position shows, per axis; the last gather gives the result.
      let value = backend.value(x);
      paddings.forEach(([before, after], axis) => {
        const size = x.shape[axis] as number;
        const offset = mode === "reflect" ? 0 : 1;
        const index = Array.from({ length: before + size + after }, (_, at) => {
          const from = at - before;
          if (from < 0) return -from - offset;
          return from < size ? from : 2 * size - 2 - from + offset;
        });
        value = backend.op({
          op: "Gather",
          inputs: [value, int64s(index)],
          attributes: { axis: int(axis) },
          shape: value.shape.map((length, i) => (i === axis ? index.length : length)),
          dtype: value.dtype,
        });
      });
      return value === backend.value(x) ? backend.share(x) : backend.tensor(value);
    },
  ),
  kernel<One, { dims: number[] }>("Reverse", ({ x }, { dims }, backend) => {
    const axes = util.parseAxisParam(dims, x.shape);
    if (x.shape.length === 0 || axes.length === 0) return backend.share(x);
    return backend.tensor(reverse(backend, backend.value(x), axes));
  }),
  kernel<{ image: TensorInfo }>("FlipLeftRight", ({ image }, _attrs, backend) =>
    backend.tensor(reverse(backend, backend.value(image), [2])),
  ),
];

/** A value backwards along some of its axes. */
export function reverse(backend: OnnxruntimeBackend, value: Value, axes: readonly number[]): Value {
  const { shape, dtype } = value;
  const minusOnes = int64s(axes.map(() => -1));
  const beforeFirst = fromShapes(axes.map((axis) => -(shape[axis] as number) - 1));
  return backend.op({
    op: "Slice",
    inputs: [value, minusOnes, beforeFirst, int64s(axes), minusOnes],
    shape,
    dtype,
  });
}
