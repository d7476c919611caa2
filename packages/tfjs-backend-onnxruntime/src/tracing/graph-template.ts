import { fromShapes } from "../graph/constant.ts";
import {
  type Constant,
  createValue,
  dataOf,
  type GraphDtype,
  type GraphNode,
  sameShape,
  type Value,
  viewOf,
} from "../graph/value.ts";
import type { DraftStep, GraphDraft, NodeStep, Reference, ViewStep } from "./graph-draft.ts";
import {
  createSizedLists,
  expectEqual,
  type Lists,
  type SizedLists,
  unsupported,
} from "./sized-lists.ts";
import type { MadeUpSizes } from "./sizes.ts";

/** A recorded graph that can be recorded again at once, on other values and for other sizes. */
export interface GraphTemplate {
  /** Values that every instance reads as they are. */
  readonly constants: readonly Value[];
  /** Shapes of what is given, in its order. */
  givenShapes(sizes: readonly number[]): (readonly number[])[];
  /**
   * Appends the graph to what is recorded.
   * @param given in the places of the values that the template was made with, in the shapes for these sizes
   * @returns the roots, in order
   */
  instantiate(given: readonly Value[], sizes: readonly number[]): Value[];
}

/** A node's input: the number of a value, a constant, nothing, or a constant that follows from sizes. */
type SizedReference = Reference | { readonly list: number };

/** Nothing of the recording itself: its values hold the weights of the time. */
type TemplateStep = TemplateView | TemplateNode;

interface TemplateView {
  readonly source: number;
  readonly list: number;
}

interface TemplateNode {
  readonly kind: Pick<GraphNode, "signature" | "opType" | "domain" | "attributes">;
  readonly inputs: readonly SizedReference[];
  readonly rowSums: NodeStep["rowSums"];
  /** Of each output its dtype and its shape. */
  readonly outputs: readonly { readonly dtype: GraphDtype; readonly list: number }[];
}

/**
 * @param drafts the same function recorded with each set of made-up sizes
 * @throws {EspalierError} UNSUPPORTED when it depends on the sizes by more than products of them
 */
export function graphTemplate(
  drafts: readonly [GraphDraft, GraphDraft],
  madeUp: MadeUpSizes,
): GraphTemplate {
  const { constants, roots, givenLists, steps, lists } = mergedDrafts(drafts, madeUp);
  return {
    constants,
    givenShapes(sizes) {
      const known = lists.evaluate(sizes);
      return givenLists.map((list) => known[list] as readonly number[]);
    },
    instantiate(given, sizes) {
      const known = lists.evaluate(sizes);
      const derived: Constant[] = [];
      const values: Value[] = [...given, ...constants];
      for (const step of steps) {
        if ("kind" in step) values.push(...nodeInstance(step, { values, known, derived }).outputs);
        else values.push(viewOf(values[step.source] as Value, known[step.list] as number[]));
      }
      return roots.map((number) => values[number] as Value);
    },
  };
}

function mergedDrafts([draft, other]: readonly [GraphDraft, GraphDraft], madeUp: MadeUpSizes) {
  const lists = createSizedLists(madeUp);
  expectEqual("operations", draft.steps.length, other.steps.length);
  expectEqual("constants", draft.constants.length, other.constants.length);
  draft.constants.forEach((constant, i) => {
    if (!sameConstant(constant, other.constants[i] as Value)) {
      unsupported(`a constant of shape [${constant.shape}] differs`);
    }
  });
  return {
    lists,
    constants: draft.constants,
    roots: draft.roots,
    givenLists: draft.given.map(({ shape }, i) => lists.add(shape, other.given[i]?.shape ?? [])),
    steps: draft.steps.map((step, i) => merged(step, other.steps[i] as DraftStep, lists)),
  };
}

function merged(step: DraftStep, other: DraftStep, lists: SizedLists): TemplateStep {
  if (!("node" in step) || !("node" in other)) {
    if ("node" in step || "node" in other) unsupported("another operation is done");
    const [view, otherView] = [step as ViewStep, other as ViewStep];
    expectEqual("inputs", view.source, otherView.source);
    return { source: view.source, list: lists.add(view.shape, otherView.shape) };
  }
  const { node, rowSums } = step;
  const { signature, opType, domain, attributes } = node;
  if (signature !== other.node.signature) {
    unsupported(`${opType} has other attributes, or is ${other.node.opType}`);
  }
  return {
    kind: { signature, opType, domain, attributes },
    rowSums,
    inputs: step.inputs.map((input, i): SizedReference => {
      const otherInput = other.inputs[i] as Reference;
      if (input === null || typeof input === "number" || input.derived === undefined) {
        if (typeof input === "number") expectEqual("inputs", input, otherInput as number);
        return input;
      }
      const list = lists.add(input.derived, (otherInput as Constant).derived ?? []);
      return lists.varies(list) ? { list } : input;
    }),
    outputs: node.outputs.map(({ dtype, shape }, i) => ({
      dtype,
      list: lists.add(shape, other.node.outputs[i]?.shape ?? []),
    })),
  };
}

function nodeInstance(
  { kind, inputs, rowSums, outputs }: TemplateNode,
  context: { values: readonly Value[]; known: Lists; derived: Constant[] },
): GraphNode {
  const { known, derived } = context;
  const at = (number: number): Value => context.values[number] as Value;
  const results: Value[] = [];
  const instance: GraphNode = {
    ...kind,
    inputs: inputs.map((input) => {
      if (typeof input === "number") return at(input);
      if (input === null || !("list" in input)) return input;
      const { list } = input;
      derived[list] ??= fromShapes(known[list] as readonly number[]);
      return derived[list];
    }),
    outputs: results,
    rowSums: rowSums && { rows: at(rowSums.rows), ids: at(rowSums.ids) },
  };
  for (const { dtype, list } of outputs) {
    results.push(createValue(dtype, known[list] as readonly number[], { node: instance }));
  }
  return instance;
}

function sameConstant(a: Value, b: Value): boolean {
  if (a === b) return true;
  const [data, others] = [dataOf(a), dataOf(b)];
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  for (let i = 0; i < data.length; i++) if (!Object.is(data[i], others[i])) return false;
  return true;
}
