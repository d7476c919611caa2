import { kernels as names } from "@espalier/ops";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { float } from "../graph/constant.ts";
import { createValue, type Value } from "../graph/value.ts";
import { type Kernel, kernel } from "./kernel.ts";

/**
 * x · kept / (1 − rate). The mask enters the graph as bool, one byte an element; forward and backward are given the
 * same bytes, so it is made once.
 */
export const DROPOUT_KERNEL: Kernel = kernel<{ x: TensorInfo }, names.DropoutAttrs>(
  names.DROPOUT,
  ({ x }, { rate, bytes }, backend) => {
    const { shape } = x;
    const value = backend.value(x);
    const scaled = backend.op({
      op: "Mul",
      inputs: [value, float(1 / (1 - rate))],
      shape,
      dtype: "float32",
    });
    return backend.tensor(
      backend.op({
        op: "Where",
        inputs: [maskOf(bytes, rate, shape), scaled, float(0)],
        shape,
        dtype: "float32",
      }),
    );
  },
);

const masks = new WeakMap<Uint8Array, Value>();

function maskOf(bytes: Uint8Array, rate: number, shape: readonly number[]): Value {
  const known = masks.get(bytes);
  if (known !== undefined) return known;
  const kept = new Uint8Array(bytes.length);
  const border = rate * 256;
  for (let i = 0; i < kept.length; i++) kept[i] = (bytes[i] as number) >= border ? 1 : 0;
  const mask = createValue("bool", shape, { data: kept });
  masks.set(bytes, mask);
  return mask;
}
