import { inputsOf } from "../graph/readers.ts";
import {
  type Constant,
  createValue,
  type GraphNode,
  isConstant,
  type RowSums,
  type Value,
  viewOf,
} from "../graph/value.ts";

/** A recorded graph that can be recorded again at once, on other values. */
export interface GraphTemplate {
  /** Values that every instance reads as they are. */
  readonly constants: readonly Value[];
  /**
   * Appends the graph to what is recorded.
   * @param given in the places and shapes of the values that the template was made with
   * @returns the roots, in order
   */
  instantiate(given: readonly Value[]): Value[];
}

/** What a node reads: the number of a value, a constant of the structure, or nothing. */
type Reference = number | Constant | null;

interface NodeStep {
  readonly node: GraphNode;
  readonly inputs: readonly Reference[];
  readonly rowSums: { readonly rows: number; readonly ids: number } | undefined;
}

interface ViewStep {
  readonly source: number;
  readonly shape: readonly number[];
}

/**
 * @param roots what an instance returns
 * @param given what an instance is given; everything else with data is a constant of the template
 */
export function graphTemplate(roots: readonly Value[], given: readonly Value[]): GraphTemplate {
  const numbers = new Map<Value, number>();
  const constants: Value[] = [];
  const steps: (NodeStep | ViewStep)[] = [];
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
    const node = value.node as GraphNode;
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
  const rootNumbers = roots.map(numberOf);
  return {
    constants,
    instantiate(actual) {
      const values: Value[] = [...actual, ...constants];
      for (const step of steps) {
        if ("node" in step) values.push(...nodeInstance(step, values).outputs);
        else values.push(viewOf(values[step.source] as Value, step.shape));
      }
      return rootNumbers.map((number) => values[number] as Value);
    },
  };
}

function nodeInstance({ node, inputs, rowSums }: NodeStep, values: readonly Value[]): GraphNode {
  const at = (number: number): Value => values[number] as Value;
  const outputs: Value[] = [];
  const instance: GraphNode = {
    ...node,
    inputs: inputs.map((input) => (typeof input === "number" ? at(input) : input)),
    outputs,
    rowSums: rowSums && ({ rows: at(rowSums.rows), ids: at(rowSums.ids) } satisfies RowSums),
  };
  for (const { dtype, shape } of node.outputs) {
    outputs.push(createValue(dtype, shape, { node: instance }));
  }
  return instance;
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

function readsOf(value: Value): Value[] {
  const { rows, ids } = value.node?.rowSums ?? {};
  return rows === undefined || ids === undefined
    ? inputsOf(value)
    : [...inputsOf(value), rows, ids];
}
