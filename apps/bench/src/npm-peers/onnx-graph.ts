import type { AttributeSpec, GraphSpec, NodeSpec, TensorSpec, ValueSpec } from "@espalier/onnx";

type Attributes = Readonly<Record<string, AttributeSpec>>;

/** Collects nodes and constants of a graph; every call returns the name of its result. */
export interface GraphBuilder {
  op(opType: string, inputs: readonly string[], attributes?: Attributes): string;
  /** float32 */
  floats(data: Float32Array, shape: readonly number[]): string;
  /** int64 `[values.length]` */
  integers(...values: number[]): string;
  /** @param output which result leaves the graph, and as what */
  finish(inputs: readonly ValueSpec[], output: { of: string; as: ValueSpec }): GraphSpec;
}

export function graphBuilder(): GraphBuilder {
  const nodes: NodeSpec[] = [];
  const initializers: TensorSpec[] = [];
  const constant = (tensor: Omit<TensorSpec, "name">): string => {
    const name = `constant_${initializers.length}`;
    initializers.push({ name, ...tensor });
    return name;
  };
  return {
    op(opType, inputs, attributes = {}) {
      const name = `value_${nodes.length}`;
      nodes.push({ opType, inputs, outputs: [name], attributes });
      return name;
    },
    floats: (data, shape) => constant({ dtype: "float32", shape, data }),
    integers: (...values) =>
      constant({
        dtype: "int64",
        shape: [values.length],
        data: BigInt64Array.from(values, BigInt),
      }),
    finish(inputs, { of, as }) {
      const last = { opType: "Identity", inputs: [of], outputs: [as.name] };
      return { inputs, outputs: [as], nodes: [...nodes, last], initializers };
    },
  };
}
