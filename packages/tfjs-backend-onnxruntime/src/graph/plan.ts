import { EspalierError } from "@espalier/core";
import {
  type GraphDtype,
  type GraphNode,
  isConstant,
  knownData,
  nodeOf,
  type Operand,
  type Value,
} from "./value.ts";

/** What a launch runs with: which graph, what it reads, and what it makes. */
export interface Launch {
  /** Values with data that the nodes read, each shape of them once. */
  readonly feeds: readonly Value[];
  /** Those feeds that become part of the graph. */
  readonly constants: ReadonlySet<Value>;
  /** The values to fetch. */
  readonly outputs: readonly Value[];
  /** Numbers that determine the graph but for its dimensions: equal keys, same structure. */
  readonly key: Int32Array;
  readonly hash: number;
  /** The shapes of feeds, and of each step its derived constants and the shapes of its outputs, one after the other. */
  readonly dimensions: Int32Array;
  /** Of each feed `Value.steady`: graphs with other constants are other graphs. */
  readonly steady: Int32Array;
}

/** Everything one launch computes, in an order in which it can be computed. */
export interface Plan extends Launch {
  readonly steps: readonly (GraphNode | Value)[];
}

let planCount = 0;

/** The number of a new plan, for `Value.plan`. */
export function nextPlan(): number {
  return ++planCount;
}

/**
 * Collects the nodes that the outputs depend on.
 *
 * A value that is held but not asked for becomes an output too when one of the nodes that run now and are not held
 * themselves would have to run again for it. Held values that nothing of this launch touches stay recorded.
 * @param targets values without data that have to be computed
 * @param pending all held values without data, in the order in which they were recorded
 */
export function planLaunch(targets: readonly Value[], pending: Iterable<Value>): Plan {
  const plan = nextPlan();
  const key: number[] = [];
  const feeds: Value[] = [];
  const steps: (GraphNode | Value)[] = [];
  const outputs: Value[] = [];
  let nextId = 1;

  const number = (value: Value): void => {
    value.plan = plan;
    value.id = nextId++;
  };
  const addFeed = (value: Value): void => {
    number(value);
    feeds.push(value);
    key.push(-1, DTYPES.indexOf(value.dtype), value.shape.length);
  };
  const addNode = (node: GraphNode): void => {
    for (const output of node.outputs) number(output);
    steps.push(node);
    key.push(node.signature);
    for (const input of node.inputs) {
      if (input === null) continue;
      if (!isConstant(input)) key.push(input.id);
      else if (input.derived !== undefined) key.push(input.derived.length);
    }
    for (const output of node.outputs) key.push(output.shape.length);
  };
  const addView = (view: Value, source: Value): void => {
    number(view);
    steps.push(view);
    key.push(-2, source.id, view.shape.length);
  };

  /** Numbers a value after everything it depends on (depth first, with a stack of its own: graphs get deep). */
  const stack: Value[] = [];
  const visit = (root: Value): void => {
    stack.push(root);
    while (stack.length > 0) {
      const value = stack[stack.length - 1] as Value;
      if (value.plan === plan) {
        stack.pop();
        continue;
      }
      if (knownData(value) !== undefined) {
        stack.pop();
        addFeed(value);
        continue;
      }
      const { source } = value;
      const node = nodeOf(value);
      const before = stack.length;
      if (source !== undefined) {
        if (source.plan !== plan) stack.push(source);
      } else {
        if (node === undefined) {
          throw new EspalierError(
            "UNSUPPORTED",
            "a tensor of a function that was compiled has no values",
          );
        }
        const { inputs } = node;
        for (let i = inputs.length - 1; i >= 0; i--) {
          const input = inputs[i] as Operand;
          if (input !== null && !isConstant(input) && input.plan !== plan) stack.push(input);
        }
      }
      if (stack.length > before) continue;
      stack.pop();
      if (source !== undefined) addView(value, source);
      else addNode(node as GraphNode);
    }
  };

  for (const target of targets) visit(target);
  let waiting = [...pending].filter((value) => value.plan !== plan);
  for (let grown = true; grown; ) {
    grown = false;
    const stillWaiting: Value[] = [];
    const seen = new Set<Value>();
    for (const value of waiting) {
      if (value.plan === plan) continue;
      if (wouldRepeat(value, plan, seen)) {
        visit(value);
        grown = true;
      } else {
        stillWaiting.push(value);
      }
    }
    waiting = stillWaiting;
  }
  for (const value of pending) if (value.plan === plan) outputs.push(value);
  for (const target of targets) if (target.holders === 0) outputs.push(target);
  key.push(-3);
  for (const output of outputs) key.push(output.id);
  const array = Int32Array.from(key);
  const dimensions = flatDimensions([...feeds.map(({ shape }) => shape), ...shapesOfSteps(steps)]);
  const constants = new Set(builtIn(feeds, steps));
  const steady = Int32Array.from(feeds, steadyNumber);
  return { feeds, constants, steps, outputs, key: array, hash: hashOf(array), dimensions, steady };
}

/** See `Launch.steady`. */
export function steadyNumber({ steady, source }: Value): number {
  return steady === 0 ? (source?.steady ?? 0) : steady;
}

/**
 * What becomes part of the graph: matrices that are the right side of a product, which the runtime packs once, not at
 * every run, and small values, as handing one over takes 3 microseconds a run.
 */
function* builtIn(feeds: readonly Value[], steps: Plan["steps"]): Generator<Value> {
  const steady = new Set(feeds.filter((feed) => steadyNumber(feed) > 0));
  if (steady.size === 0) return;
  for (const feed of steady) if (feed.size <= MAX_SMALL) yield feed;
  for (const step of steps) {
    if (!("outputs" in step) || !PRODUCTS.has(step.opType)) continue;
    const right = step.inputs[1];
    if (right == null || isConstant(right) || right.shape.length !== 2) continue;
    if (steady.has(right)) yield right;
  }
}

/** Elements: vectors of weights and tables of positions, not of words. */
const MAX_SMALL = 2 ** 18;

const PRODUCTS = new Set(["Gemm", "MatMul", "FusedMatMul"]);

/** What makes a plan one that fetches other values of the same steps. */
export function withOutputs(
  plan: Plan,
  outputs: readonly Value[],
): Pick<Plan, "outputs" | "key" | "hash"> {
  const structure = plan.key.subarray(0, plan.key.length - plan.outputs.length);
  const key = Int32Array.from([...structure, ...outputs.map(({ id }) => id)]);
  return { outputs, key, hash: hashOf(key) };
}

const DTYPES: readonly GraphDtype[] = ["float32", "int32", "bool", "int64", "float64", "uint8"];

/** The shapes of `Launch.dimensions` that belong to steps. */
export function* shapesOfSteps(steps: Plan["steps"]): Generator<readonly number[]> {
  for (const step of steps) {
    if (!("outputs" in step)) {
      yield step.shape;
      continue;
    }
    for (const input of step.inputs) {
      if (input !== null && isConstant(input) && input.derived !== undefined) yield input.derived;
    }
    for (const output of step.outputs) yield output.shape;
  }
}

/** Shapes as one array. */
export function flatDimensions(shapes: readonly (readonly number[])[]): Int32Array {
  let length = 0;
  for (const shape of shapes) length += shape.length;
  const dimensions = new Int32Array(length);
  let position = 0;
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) dimensions[position++] = shape[i] as number;
  }
  return dimensions;
}

/** Whether computing the value later would run a node of this plan again. `seen`: values known not to. */
function wouldRepeat(root: Value, plan: number, seen: Set<Value>): boolean {
  const stack = [root];
  while (stack.length > 0) {
    const value = stack.pop() as Value;
    if (seen.has(value) || value.data !== undefined) continue;
    if (value.plan === plan) {
      if (value.holders === 0) return true;
      continue;
    }
    seen.add(value);
    if (value.source !== undefined) stack.push(value.source);
    const node = nodeOf(value);
    for (const sibling of node?.outputs ?? []) {
      if (sibling.plan === plan && sibling.holders === 0) return true;
    }
    for (const input of node?.inputs ?? []) {
      if (input !== null && !isConstant(input)) stack.push(input);
    }
  }
  return false;
}

function hashOf(key: Int32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193);
  return hash >>> 0;
}
