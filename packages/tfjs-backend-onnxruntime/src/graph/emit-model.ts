import { encodeModel, type NodeSpec, type TensorSpec } from "@espalier/onnx";
import { int64s } from "./constant.ts";
import type { Plan } from "./plan.ts";
import { type Constant, type GraphNode, isConstant, type Value } from "./value.ts";

/** The name of a value in the emitted graph. */
export function valueName(value: Value): string {
  return `v${value.id}`;
}

/** Writes a plan as an ONNX model. */
export function emitModel(plan: Plan): Uint8Array {
  const nodes: NodeSpec[] = [];
  const initializers = new Map<string, TensorSpec>();
  const constantName = (constant: Constant): string => {
    const known = initializers.get(constant.text);
    if (known !== undefined) return known.name;
    const name = `c${initializers.size}`;
    const { constant: dtype, shape, data } = constant;
    initializers.set(constant.text, { name, dtype, shape, data });
    return name;
  };
  plan.steps.forEach((step, index) => {
    nodes.push(
      "outputs" in step
        ? nodeSpec(step, `n${index}`, constantName)
        : viewSpec(step, `n${index}`, constantName),
    );
  });
  const valueSpec = (value: Value) => ({
    name: valueName(value),
    dtype: value.dtype,
    shape: value.shape,
  });
  return encodeModel(
    {
      inputs: plan.feeds.map(valueSpec),
      outputs: plan.outputs.map(valueSpec),
      nodes,
      initializers: [...initializers.values()],
    },
    { opset: OPSET },
  );
}

/** LayerNormalization with its statistics needs 17, ReduceMax with axes as an input 18, Reduce on bool 20. */
const OPSET = 21;

function nodeSpec(
  node: GraphNode,
  name: string,
  constantName: (constant: Constant) => string,
): NodeSpec {
  const inputs = node.inputs.map((input) => {
    if (input === null) return "";
    return isConstant(input) ? constantName(input) : valueName(input);
  });
  const { opType, domain, attributes } = node;
  const spec = { name, opType, domain, inputs, outputs: node.outputs.map(valueName) };
  return attributes === undefined ? spec : { ...spec, attributes };
}

function viewSpec(
  view: Value,
  name: string,
  constantName: (constant: Constant) => string,
): NodeSpec {
  // Without allowzero a 0 in the shape means "as in the input".
  const attributes = view.shape.includes(0)
    ? { allowzero: { type: "int", value: 1 } as const }
    : {};
  return {
    name,
    opType: "Reshape",
    inputs: [valueName(view.source as Value), constantName(int64s(view.shape))],
    outputs: [valueName(view)],
    attributes,
  };
}
