import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { int } from "../graph/attribute.ts";
import { scalar } from "../graph/constant.ts";
import type { GraphDtype, Operand, Value } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { filled } from "./shapes.ts";

interface Search {
  readonly sortedSequence: TensorInfo;
  readonly values: TensorInfo;
}

/**
 * How many elements of a sorted row `[B, N]` are below each of its values `[B, M]`, or for the right side not above it:
 * a binary search of all values at once, 5 operators on `[B, M]` for each of the ⌊log2 N⌋ + 1 steps. Comparing all with
 * all would take B · N · M bytes.
 */
export const SEARCH_SORTED: Kernel = kernel<Search, { side: "left" | "right" }>(
  "SearchSorted",
  (inputs, { side }, backend) => {
    const { shape } = inputs.values;
    const count = inputs.sortedSequence.shape[1] as number;
    if (count === 0) return backend.tensor(filled(backend, shape, { dtype: "int32", value: 0 }));
    const dtype = comparableDtype(inputs);
    const sequence = castValue(backend, backend.value(inputs.sortedSequence), dtype);
    const values = castValue(backend, backend.value(inputs.values), dtype);
    const call = (op: string, ...operands: Operand[]): Value =>
      backend.op({ op, inputs: operands, shape, dtype: "int32" });
    const passes = (found: Value): Value =>
      backend.op({
        op: side === "left" ? "Less" : "LessOrEqual",
        inputs: [found, values],
        shape,
        dtype: "bool",
      });
    /** The last element that is known to pass, -1 before the first. */
    let last = filled(backend, shape, { dtype: "int32", value: -1 });
    for (let step = 2 ** Math.floor(Math.log2(count)); step >= 1; step /= 2) {
      const further = call("Add", last, scalar("int32", step));
      const next = call("Min", further, scalar("int32", count - 1));
      last = call("Where", passes(elements(backend, sequence, next)), next, last);
    }
    return backend.tensor(call("Add", last, scalar("int32", 1)));
  },
);

/** Elements of the rows of a matrix, by column. */
function elements(backend: OnnxruntimeBackend, rows: Value, columns: Value): Value {
  return backend.op({
    op: "GatherElements",
    inputs: [rows, columns],
    attributes: { axis: int(1) },
    shape: columns.shape,
    dtype: rows.dtype,
  });
}

/** What both are compared in, exactly. */
function comparableDtype({ sortedSequence, values }: Search): GraphDtype {
  if (sortedSequence.dtype !== values.dtype) return "float64";
  return values.dtype === "bool" ? "int32" : (values.dtype as GraphDtype);
}
