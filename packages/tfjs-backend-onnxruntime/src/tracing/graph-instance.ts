import { fromShapes } from "../graph/constant.ts";
import {
  type Constant,
  createValue,
  type Deferred,
  type GraphDtype,
  type GraphNode,
  type RowSums,
  type Value,
} from "../graph/value.ts";
import type { NodeStep, Reference } from "./graph-draft.ts";
import type { SizedLists } from "./sized-lists.ts";

/** What all instances of a recorded graph share. */
export interface MergedGraph {
  /** Values that every instance reads as they are. */
  readonly constants: readonly Value[];
  readonly steps: readonly TemplateStep[];
  /** Of each number after the constants the step that makes it, and which of its outputs it is. */
  readonly origins: readonly { readonly step: number; readonly output: number }[];
  readonly roots: readonly number[];
  readonly lists: SizedLists;
}

/** A node's input: the number of a value, a constant, nothing, or a constant that follows from sizes. */
export type SizedReference = Reference | { readonly list: number };

/** Nothing of the recording itself: its values hold the weights of the time. */
export type TemplateStep = TemplateView | TemplateNode;

export interface TemplateView {
  readonly source: number;
  readonly list: number;
}

export interface TemplateNode {
  readonly kind: Pick<GraphNode, "signature" | "opType" | "domain" | "attributes">;
  readonly inputs: readonly SizedReference[];
  readonly rowSums: NodeStep["rowSums"];
  /** Of each output its dtype and its shape. */
  readonly outputs: readonly { readonly dtype: GraphDtype; readonly list: number }[];
}

/** One call of a recorded graph. @returns its roots, in order */
export function instantiate(
  graph: MergedGraph,
  given: readonly Value[],
  sizes: readonly number[],
): Value[] {
  const shapes = graph.lists.evaluate(sizes);
  const reads = [...given, ...graph.constants];
  const values: (Value | undefined)[] = [...reads];
  const numbers = new Map<Value, number>();
  const made = (number: number): readonly [TemplateStep, number] => {
    const origin = graph.origins[number - reads.length] as MergedGraph["origins"][number];
    return [graph.steps[origin.step] as TemplateStep, origin.output];
  };
  const valueAt = (number: number): Value => {
    const known = values[number];
    if (known !== undefined) return known;
    const [step, output] = made(number);
    const value =
      "kind" in step ? outputValue(step, output) : viewOf(valueAt(step.source), step.list);
    values[number] = value;
    numbers.set(value, number);
    return value;
  };
  const shapeAt = (list: number): readonly number[] => shapes[list] as readonly number[];
  const outputValue = ({ outputs }: TemplateNode, output: number): Value => {
    const { dtype, list } = outputs[output] as TemplateNode["outputs"][number];
    return createValue(dtype, shapeAt(list), { deferred });
  };
  /** Never one that exists already: whether shapes happen to be equal must not change the structure. */
  const viewOf = (of: Value, list: number): Value => {
    const source = of.source ?? of;
    return createValue(source.dtype, shapeAt(list), { source });
  };
  const rowSumsOf = (step: TemplateNode): RowSums | undefined =>
    step.rowSums && { rows: valueAt(step.rowSums.rows), ids: valueAt(step.rowSums.ids) };
  let expanded = false;
  const deferred: Deferred = {
    template: graph,
    reads,
    values,
    shapes,
    numberOf: (value) => numbers.get(value),
    valueAt,
    rowSumsOf(value) {
      const [step] = made(numbers.get(value) as number);
      return "kind" in step ? rowSumsOf(step) : undefined;
    },
    expand() {
      if (expanded) return;
      expanded = true;
      const derived: Constant[] = [];
      const constantOf = (list: number): Constant => {
        derived[list] ??= fromShapes(shapeAt(list));
        return derived[list];
      };
      graph.origins.forEach((_, i) => {
        valueAt(reads.length + i);
      });
      let number = reads.length;
      for (const step of graph.steps) {
        if (!("kind" in step)) {
          number++;
          continue;
        }
        const outputs = step.outputs.map(() => valueAt(number++));
        const inputs = step.inputs.map((input) => {
          if (typeof input === "number") return valueAt(input);
          return input !== null && "list" in input ? constantOf(input.list) : input;
        });
        const node: GraphNode = { ...step.kind, inputs, outputs, rowSums: rowSumsOf(step) };
        for (const output of outputs) {
          output.deferred = undefined;
          if (output.data === undefined) output.node = node;
        }
      }
    },
  };
  return graph.roots.map(valueAt);
}
