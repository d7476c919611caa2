import type { OnnxruntimeBackend } from "../backend.ts";
import type { Operand, Value } from "../graph/value.ts";

/** Records an operator. */
export type Call = (op: string, ...inputs: Operand[]) => Value;

/** Float operators whose results have one shape. */
export function on(backend: OnnxruntimeBackend, shape: readonly number[]): Call {
  return (op, ...inputs) => backend.op({ op, inputs, shape, dtype: "float32" });
}
