import { kernels as names } from "@espalier/ops";
import type { OnnxruntimeBackend } from "../backend.ts";
import { float } from "../graph/constant.ts";
import { createValue, type Value, viewOf } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { type Kernel, kernel } from "./kernel.ts";

/**
 * x · kept / (1 − rate). The mask enters the graph with one byte an element; as a quantized tensor of scale 1 / (1 − rate)
 * it becomes the factors in one pass (a selection takes four times as long).
 */
export const DROPOUT_KERNEL: Kernel = kernel<names.DropoutInputs, names.DropoutAttrs>(
  names.DROPOUT,
  ({ x, kept }, { rate }, backend) => {
    const { shape } = x;
    const factors = backend.op({
      op: "DequantizeLinear",
      inputs: [viewOf(bytesOf(backend, backend.baseValue(kept)), shape), float(1 / (1 - rate))],
      shape,
      dtype: "float32",
    });
    const inputs = [backend.value(x), factors];
    return backend.tensor(backend.op({ op: "Mul", inputs, shape, dtype: "float32" }));
  },
);

const known = new WeakMap<Value, Value>();

/** A mask as bytes. One that is drawn already is fed as such, once for forward and backward, if it stays as it is. */
function bytesOf(backend: OnnxruntimeBackend, mask: Value): Value {
  const { data, origin } = mask;
  if (data === undefined || origin !== "caller") return castValue(backend, mask, "uint8");
  const bytes = known.get(mask) ?? createValue("uint8", mask.shape, { data });
  known.set(mask, bytes);
  return bytes;
}
