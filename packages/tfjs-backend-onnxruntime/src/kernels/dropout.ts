import { kernels as names } from "@espalier/ops";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { float } from "../graph/constant.ts";
import { createValue, type Value } from "../graph/value.ts";
import { type Kernel, kernel } from "./kernel.ts";

/**
 * x · kept / (1 − rate). The mask enters the graph with one byte an element; as a quantized tensor of scale 1 / (1 − rate)
 * it becomes the factors in one pass (a selection takes four times as long).
 */
export const DROPOUT_KERNEL: Kernel = kernel<{ x: TensorInfo }, names.DropoutAttrs>(
  names.DROPOUT,
  ({ x }, { rate, kept }, backend) => {
    backend.refuseWhileRecording("dropout draws its mask");
    const { shape } = x;
    const factors = backend.op({
      op: "DequantizeLinear",
      inputs: [maskOf(kept, shape), float(1 / (1 - rate))],
      shape,
      dtype: "float32",
    });
    const inputs = [backend.value(x), factors];
    return backend.tensor(backend.op({ op: "Mul", inputs, shape, dtype: "float32" }));
  },
);

const masks = new WeakMap<Uint8Array, Value>();

/** Forward and backward are given the same mask; it is fed once. */
function maskOf(kept: Uint8Array, shape: readonly number[]): Value {
  const known = masks.get(kept);
  if (known !== undefined) return known;
  const mask = createValue("uint8", shape, { data: kept });
  masks.set(kept, mask);
  return mask;
}
