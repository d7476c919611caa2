import { broadcast_util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import type { Operand, Value } from "../graph/value.ts";

/** Records an operator. */
export type Call = (op: string, ...inputs: Operand[]) => Value;

/** Float operators whose results have one shape. */
export function on(backend: OnnxruntimeBackend, shape: readonly number[]): Call {
  return (op, ...inputs) => backend.op({ op, inputs, shape, dtype: "float32" });
}

/** An operator of two operands that broadcast. */
export function binary(
  backend: OnnxruntimeBackend,
  op: string,
  [a, b]: readonly [Value, Value],
): Value {
  const shape = broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  return backend.op({ op, inputs: [a, b], shape, dtype: a.dtype });
}
