import { inputsOf } from "../graph/readers.ts";
import { type Constant, type GraphNode, isConstant, nodeOf, type Value } from "../graph/value.ts";

/** A recorded graph with numbers in place of its values: those that are given, then constants, then results. */
export interface GraphDraft {
  readonly given: readonly Value[];
  /** Values with data that every instance reads as they are. */
  readonly constants: readonly Value[];
  readonly steps: readonly DraftStep[];
  readonly roots: readonly number[];
}

export type DraftStep = NodeStep | ViewStep;

/** What a node reads: the number of a value, a constant of the structure, or nothing. */
export type Reference = number | Constant | null;

export interface NodeStep {
  readonly node: GraphNode;
  readonly inputs: readonly Reference[];
  readonly rowSums: { readonly rows: number; readonly ids: number } | undefined;
}

export interface ViewStep {
  readonly source: number;
  readonly shape: readonly number[];
}

/**
 * @param roots what an instance returns
 * @param given what an instance is given; everything else with data is a constant
 */
export function draftGraph(roots: readonly Value[], given: readonly Value[]): GraphDraft {
  const numbers = new Map<Value, number>();
  const constants: Value[] = [];
  const steps: DraftStep[] = [];
  for (const value of given) numbers.set(value, numbers.size);
  const order = dependencyOrder(roots, numbers);
  for (const value of order) {
    if (value.data === undefined || numbers.has(value)) continue;
    constants.push(value);
    numbers.set(value, numbers.size);
  }
  const numberOf = (value: Value): number => numbers.get(value) as number;
  for (const value of order) {
    if (numbers.has(value)) continue;
    if (value.source !== undefined) {
      steps.push({ source: numberOf(value.source), shape: value.shape });
      numbers.set(value, numbers.size);
      continue;
    }
    const node = nodeOf(value) as GraphNode;
    steps.push({
      node,
      inputs: node.inputs.map((input) =>
        input === null || isConstant(input) ? input : numberOf(input),
      ),
      rowSums: node.rowSums && {
        rows: numberOf(node.rowSums.rows),
        ids: numberOf(node.rowSums.ids),
      },
    });
    for (const output of node.outputs) numbers.set(output, numbers.size);
  }
  return { given, constants, steps, roots: roots.map(numberOf) };
}

/** The roots and all they depend on, each after what it reads; nothing beyond values with data and known ones. */
function dependencyOrder(roots: readonly Value[], known: ReadonlyMap<Value, number>): Value[] {
  const order = new Set<Value>();
  const stack = [...roots].reverse();
  while (stack.length > 0) {
    const value = stack[stack.length - 1] as Value;
    if (order.has(value)) {
      stack.pop();
      continue;
    }
    const open =
      known.has(value) || value.data !== undefined
        ? []
        : readsOf(value).filter((read) => !order.has(read));
    if (open.length > 0) {
      stack.push(...open);
      continue;
    }
    stack.pop();
    order.add(value);
  }
  return [...order];
}

function readsOf(value: Value): readonly Value[] {
  const { rows, ids } = nodeOf(value)?.rowSums ?? {};
  return rows === undefined || ids === undefined
    ? inputsOf(value)
    : [...inputsOf(value), rows, ids];
}
