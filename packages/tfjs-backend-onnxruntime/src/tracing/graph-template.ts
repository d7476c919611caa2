import { EspalierError } from "@espalier/core";
import { fromShapes } from "../graph/constant.ts";
import {
  type Constant,
  createValue,
  dataOf,
  type GraphNode,
  sameShape,
  type Value,
  viewOf,
} from "../graph/value.ts";
import type { DraftStep, GraphDraft, NodeStep, Reference, ViewStep } from "./graph-draft.ts";
import { type MadeUpSizes, type SizedNumber, sizedNumber, sizedValue } from "./sizes.ts";

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

/** Dimensions for given sizes; the same array for equal ones. */
type Lists = (readonly number[])[];
/** A node's input: the number of a value, a constant, nothing, or a constant that follows from sizes. */
type SizedReference = Reference | { readonly list: number };

type TemplateStep =
  | { readonly source: number; readonly list: number }
  | {
      readonly node: GraphNode;
      readonly inputs: readonly SizedReference[];
      readonly rowSums: NodeStep["rowSums"];
      /** Of each output its shape. */
      readonly lists: readonly number[];
    };

/**
 * @param drafts the same function recorded with each set of made-up sizes
 * @throws {EspalierError} UNSUPPORTED when it depends on the sizes by more than products of them
 */
export function graphTemplate(
  drafts: readonly [GraphDraft, GraphDraft],
  madeUp: MadeUpSizes,
): GraphTemplate {
  const [draft, other] = drafts;
  const lists = createSizedLists(madeUp);
  expectEqual("operations", draft.steps.length, other.steps.length);
  expectEqual("constants", draft.constants.length, other.constants.length);
  draft.constants.forEach((constant, i) => {
    if (!sameConstant(constant, other.constants[i] as Value)) {
      unsupported(`a constant of shape [${constant.shape}] differs`);
    }
  });
  const givenLists = draft.given.map(({ shape }, i) =>
    lists.add(shape, other.given[i]?.shape ?? []),
  );
  const steps = draft.steps.map((step, i) => merged(step, other.steps[i] as DraftStep, lists));
  const { constants, roots } = draft;
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
        if ("node" in step) values.push(...nodeInstance(step, { values, known, derived }).outputs);
        else values.push(viewOf(values[step.source] as Value, known[step.list] as number[]));
      }
      return roots.map((number) => values[number] as Value);
    },
  };
}

function merged(step: DraftStep, other: DraftStep, lists: SizedLists): TemplateStep {
  if (!("node" in step) || !("node" in other)) {
    if ("node" in step || "node" in other) unsupported("another operation is done");
    const [view, otherView] = [step as ViewStep, other as ViewStep];
    expectEqual("inputs", view.source, otherView.source);
    return { source: view.source, list: lists.add(view.shape, otherView.shape) };
  }
  const { node } = step;
  if (node.signature !== other.node.signature) {
    unsupported(`${node.opType} has other attributes, or is ${other.node.opType}`);
  }
  return {
    node,
    rowSums: step.rowSums,
    inputs: step.inputs.map((input, i): SizedReference => {
      const otherInput = other.inputs[i] as Reference;
      if (input === null || typeof input === "number" || input.derived === undefined) {
        if (typeof input === "number") expectEqual("inputs", input, otherInput as number);
        return input;
      }
      const list = lists.add(input.derived, (otherInput as Constant).derived ?? []);
      return lists.varies(list) ? { list } : input;
    }),
    lists: node.outputs.map(({ shape }, i) => lists.add(shape, other.node.outputs[i]?.shape ?? [])),
  };
}

function nodeInstance(
  step: Extract<TemplateStep, { node: GraphNode }>,
  context: { values: readonly Value[]; known: Lists; derived: Constant[] },
): GraphNode {
  const { node, rowSums } = step;
  const { known, derived } = context;
  const at = (number: number): Value => context.values[number] as Value;
  const outputs: Value[] = [];
  const instance: GraphNode = {
    ...node,
    inputs: step.inputs.map((input) => {
      if (typeof input === "number") return at(input);
      if (input === null || !("list" in input)) return input;
      const { list } = input;
      derived[list] ??= fromShapes(known[list] as readonly number[]);
      return derived[list];
    }),
    outputs,
    rowSums: rowSums && { rows: at(rowSums.rows), ids: at(rowSums.ids) },
  };
  node.outputs.forEach(({ dtype }, i) => {
    const shape = known[step.lists[i] as number] as readonly number[];
    outputs.push(createValue(dtype, shape, { node: instance }));
  });
  return instance;
}

/** Lists of numbers that follow from sizes, each different one once. */
interface SizedLists {
  /** @returns its place. @throws {EspalierError} UNSUPPORTED when it does not follow from the sizes as a product */
  add(list: readonly number[], other: readonly number[]): number;
  varies(place: number): boolean;
  evaluate(sizes: readonly number[]): Lists;
}

function createSizedLists(madeUp: MadeUpSizes): SizedLists {
  const places = new Map<string, number>();
  /** `terms` is empty where the list does not vary. */
  const entries: { fixed: readonly number[]; terms: readonly SizedNumber[] }[] = [];
  return {
    add(list, other) {
      expectEqual("dimensions", list.length, other.length);
      const key = `${list.join()};${other.join()}`;
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, entries.length);
      const terms = sameShape(list, other)
        ? []
        : list.map((value, i) => {
            const pair = [value, other[i] as number] as const;
            return sizedNumber(pair, madeUp) ?? unsupported(`a dimension is ${pair.join(" and ")}`);
          });
      return entries.push({ fixed: list, terms }) - 1;
    },
    varies: (place) => entries[place]?.terms.length !== 0,
    evaluate: (sizes) =>
      entries.map(({ fixed, terms }) =>
        terms.length === 0 ? fixed : terms.map((term) => sizedValue(term, sizes)),
      ),
  };
}

function sameConstant(a: Value, b: Value): boolean {
  if (a === b) return true;
  const [data, others] = [dataOf(a), dataOf(b)];
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  for (let i = 0; i < data.length; i++) if (!Object.is(data[i], others[i])) return false;
  return true;
}

function expectEqual(what: string, a: number, b: number): void {
  if (a !== b) unsupported(`${what}: ${a} and ${b}`);
}

function unsupported(what: string): never {
  throw new EspalierError(
    "UNSUPPORTED",
    `compile: the function depends on sizes in a way that can't be recorded; for two sets of them, ${what}`,
  );
}
