import type { CastAttrs, TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { int } from "../graph/attribute.ts";
import type { GraphDtype, Value } from "../graph/value.ts";
import { type Kernel, kernel } from "./kernel.ts";

/** `TensorProto.DataType` of what graphs are made of. */
const CODES: Record<GraphDtype, number> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

/** The value converted, or itself when it has the dtype already. */
export function castValue(backend: OnnxruntimeBackend, value: Value, dtype: GraphDtype): Value {
  if (value.dtype === dtype) return value;
  return backend.op({
    op: "Cast",
    inputs: [value],
    attributes: { to: int(CODES[dtype]) },
    shape: value.shape,
    dtype,
  });
}

export const CAST: Kernel = kernel<{ x: TensorInfo }, CastAttrs>(
  "Cast",
  ({ x }, attrs, backend) => {
    if (attrs.dtype === x.dtype) return backend.share(x);
    return backend.tensor(castValue(backend, backend.value(x), attrs.dtype as GraphDtype));
  },
);
