import { encodeModel, type NodeSpec, type TensorSpec, type ValueSpec } from "@espalier/onnx";
import { fromShapes } from "./constant.ts";
import type { DimensionPattern } from "./dimension-pattern.ts";
import type { Plan } from "./plan.ts";
import { type Constant, dataOf, type GraphNode, isConstant, type Value } from "./value.ts";

/** The name of a value in the emitted graph. */
export function valueName(value: Value): string {
  return `v${value.id}`;
}

/** An input of a graph that holds shapes: its elements are those of `Plan.dimensions` at these positions. */
export interface ShapeFeed {
  readonly name: string;
  readonly positions: readonly number[];
}

export interface EmittedModel {
  readonly bytes: Uint8Array;
  readonly shapeFeeds: readonly ShapeFeed[];
}

/** Writes a plan as an ONNX model that runs for all dimensions which the pattern covers. */
export function emitModel(plan: Plan, pattern: DimensionPattern): EmittedModel {
  const nodes: NodeSpec[] = [];
  const values: ValueSpec[] = [];
  const initializers = new Map<string, TensorSpec>();
  const shapeFeeds = new Map<string, ShapeFeed>();
  /** Where the dimensions of what comes next begin, see `Plan.dimensions`. */
  let position = 0;

  /** Dimensions of the plan from a position on: numbers, or names of symbols. */
  const symbolic = (start: number, length: number): (number | string)[] =>
    Array.from({ length }, (_, i) => {
      const leader = pattern.leaders[start + i] as number;
      return leader < 0 ? (pattern.values[start + i] as number) : `d${leader}`;
    });
  const valueSpec = (value: Value): ValueSpec => {
    const start = position;
    position += value.shape.length;
    const shape = symbolic(start, value.shape.length);
    return { name: valueName(value), dtype: value.dtype, shape };
  };
  /** The input that holds a shape whose dimensions begin at a position; undefined when none of them varies. */
  const shapeFeedName = (start: number, length: number): string | undefined => {
    const elements = symbolic(start, length);
    if (elements.every((element) => typeof element === "number")) return undefined;
    const text = elements.join();
    const feed = shapeFeeds.get(text) ?? {
      name: `s${shapeFeeds.size}`,
      positions: elements.map((_, i) => start + i),
    };
    shapeFeeds.set(text, feed);
    return feed.name;
  };
  const initializerName = (constant: Constant): string => {
    const known = initializers.get(constant.text);
    if (known !== undefined) return known.name;
    const name = `c${initializers.size}`;
    const { constant: dtype, shape, data } = constant;
    initializers.set(constant.text, { name, dtype, shape, data });
    return name;
  };
  const constantName = (constant: Constant): string => {
    if (constant.derived === undefined) return initializerName(constant);
    const start = position;
    position += constant.derived.length;
    return shapeFeedName(start, constant.derived.length) ?? initializerName(constant);
  };
  const nodeSpec = (node: GraphNode, name: string): NodeSpec => {
    const inputs = node.inputs.map((input) => {
      if (input === null) return "";
      return isConstant(input) ? constantName(input) : valueName(input);
    });
    const { opType, domain, attributes } = node;
    const spec = { name, opType, domain, inputs, outputs: node.outputs.map(valueName) };
    return attributes === undefined ? spec : { ...spec, attributes };
  };
  const viewSpec = (view: Value, name: string): NodeSpec => {
    // The new shape is the view's own, whose dimensions come next.
    const shape =
      shapeFeedName(position, view.shape.length) ?? initializerName(fromShapes(view.shape));
    return {
      name,
      opType: "Reshape",
      inputs: [valueName(view.source as Value), shape],
      outputs: [valueName(view)],
      // Without allowzero a 0 in the shape means "as in the input".
      attributes: view.shape.includes(0) ? { allowzero: { type: "int", value: 1 } } : {},
    };
  };

  const specs = plan.feeds.map(valueSpec);
  const feeds = specs.filter((_, i) => !plan.constants.has(plan.feeds[i] as Value));
  for (const value of plan.constants) {
    const { dtype, shape } = value;
    const name = valueName(value);
    initializers.set(name, { name, dtype, shape, data: dataOf(value) });
  }
  plan.steps.forEach((step, index) => {
    const isNode = "outputs" in step;
    nodes.push(isNode ? nodeSpec(step, `n${index}`) : viewSpec(step, `n${index}`));
    values.push(...(isNode ? step.outputs : [step]).map(valueSpec));
  });
  const byName = new Map([...specs, ...values].map((spec) => [spec.name, spec]));
  // The smallest first: the binding copies one output, see `runInPlace`.
  const outputs = [...plan.outputs]
    .sort((a, b) => a.size - b.size)
    .map((output) => byName.get(valueName(output)) as ValueSpec);
  const fetched = new Set(outputs);
  const shapes = [...shapeFeeds.values()];
  const bytes = encodeModel(
    {
      inputs: [
        ...feeds,
        ...shapes.map(
          ({ name, positions }): ValueSpec => ({ name, dtype: "int64", shape: [positions.length] }),
        ),
      ],
      outputs,
      nodes,
      values: values.filter((spec) => !fetched.has(spec)),
      initializers: [...initializers.values()],
    },
    { opset: OPSET },
  );
  return { bytes, shapeFeeds: shapes };
}

/** LayerNormalization with its statistics needs 17, ReduceMax with axes as an input 18, Reduce on bool 20. */
const OPSET = 21;
