import { type Constant, dataOf, sameShape, type Value } from "../graph/value.ts";
import type { DraftStep, GraphDraft, Reference, ViewStep } from "./graph-draft.ts";
import { instantiate, type SizedReference, type TemplateStep } from "./graph-instance.ts";
import { createSizedLists, expectEqual, type SizedLists, unsupported } from "./sized-lists.ts";
import type { MadeUpSizes } from "./sizes.ts";

/** A recorded graph that can be recorded again at once, on other values and for other sizes. */
export interface GraphTemplate {
  readonly operations: number;
  /** Values that every instance reads as they are. */
  readonly constants: readonly Value[];
  /** The shape of one of what is given. */
  givenShape(number: number, sizes: readonly number[]): readonly number[];
  /**
   * Appends the graph to what is recorded.
   * @param given in the places of the values that the template was made with, in the shapes for these sizes
   * @returns the roots, in order
   */
  instantiate(given: readonly Value[], sizes: readonly number[]): Value[];
}

/**
 * @param drafts the same function recorded with each set of made-up sizes
 * @throws {EspalierError} UNSUPPORTED when it depends on the sizes by more than products of them
 */
export function graphTemplate(
  drafts: readonly [GraphDraft, GraphDraft],
  madeUp: MadeUpSizes,
): GraphTemplate {
  const { givenLists, ...graph } = mergedDrafts(drafts, madeUp);
  return {
    constants: graph.constants,
    operations: graph.steps.length,
    givenShape: (number, sizes) => graph.lists.at(givenLists[number] as number, sizes),
    instantiate: (given, sizes) => instantiate(graph, given, sizes),
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
  const givenLists = draft.given.map(({ shape }, i) =>
    lists.add(shape, other.given[i]?.shape ?? []),
  );
  const steps = draft.steps.map((step, i) => merged(step, other.steps[i] as DraftStep, lists));
  const origins = steps.flatMap((step, i) =>
    "kind" in step
      ? step.outputs.map((_, output) => ({ step: i, output }))
      : [{ step: i, output: 0 }],
  );
  const { constants, roots } = draft;
  return { givenLists, constants, steps, origins, roots, lists };
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

function sameConstant(a: Value, b: Value): boolean {
  if (a === b) return true;
  const [data, others] = [dataOf(a), dataOf(b)];
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  for (let i = 0; i < data.length; i++) if (!Object.is(data[i], others[i])) return false;
  return true;
}
