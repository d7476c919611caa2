import type { AttributeSpec } from "@espalier/onnx";

/** Element types inside graphs. tfjs sees the first three; the others only occur between nodes. */
export type GraphDtype = "float32" | "int32" | "bool" | "int64" | "float64" | "uint8";

/** Values on the host. Bool and uint8 both are Uint8Array. */
export type HostArray = Float32Array | Int32Array | Uint8Array | BigInt64Array | Float64Array;

/**
 * One tensor of the recorded graph: either its values are known (`data`), or a node will compute them (`node`), or it is
 * another value with a new shape (`source`).
 */
export interface Value {
  readonly dtype: GraphDtype;
  readonly shape: readonly number[];
  readonly size: number;
  data: HostArray | undefined;
  node: GraphNode | undefined;
  /** Set where the value comes of a recorded function whose nodes nobody needed yet. */
  deferred: Deferred | undefined;
  readonly source: Value | undefined;
  /** The views of this value, one a shape. */
  views: Value[] | undefined;
  /** How many data ids hold it. Only held values are worth fetching from the runtime. */
  holders: number;
  /** Where `data` came from: the caller, the buffer pool, or memory that an optimizer updates in place. */
  origin: "caller" | "pool" | "resident";
  /** Not 0: its data stays as it is, so graphs may contain it; no two such values have the same number. */
  steady: number;
  /** Scratch of the planner: the plan that numbered this value last, and its number there. */
  plan: number;
  id: number;
}

/** A recorded operation that has not run yet. */
export interface GraphNode {
  /** Same number, same operator, attributes and constant inputs. */
  readonly signature: number;
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly Operand[];
  readonly attributes: Readonly<Record<string, AttributeSpec>> | undefined;
  readonly outputs: readonly Value[];
  /** Set where the output is zero but for a few rows: what is added where. An optimizer can do that itself. */
  readonly rowSums: RowSums | undefined;
}

/** A recorded function that was called: its nodes are only made when something else than launching it needs them. */
export interface Deferred {
  /** The same for all calls of one recording. */
  readonly template: object;
  /** All that computing its values may read. */
  readonly reads: readonly Value[];
  /** What it is given, what is constant, then what its nodes make: holes where nobody asked. */
  readonly values: readonly (Value | undefined)[];
  /** Shapes that occur in it, in an order that is the same in all calls. */
  readonly shapes: readonly (readonly number[])[];
  /** The place of one of its values that has no data yet. */
  numberOf(value: Value): number | undefined;
  valueAt(number: number): Value;
  /** See `GraphNode`. */
  rowSumsOf(value: Value): RowSums | undefined;
  /** Gives its values their nodes; none of them is deferred any more. */
  expand(): void;
}

/** out[ids[n]] += rows[n], starting from zero. */
export interface RowSums {
  /** float32 `[N, D]` */
  readonly rows: Value;
  /** int32 `[N]` */
  readonly ids: Value;
}

/** A constant that belongs to the structure of a graph: axes, shapes, epsilons. Never a value that changes by step. */
export interface Constant {
  readonly constant: GraphDtype;
  readonly shape: readonly number[];
  readonly data: HostArray;
  /** Equal texts, equal constants. */
  readonly text: string;
  /** The elements, where they follow from shapes and so are no part of the structure; see `fromShapes`. */
  readonly derived?: readonly number[] | undefined;
}

/** What a node reads; null leaves an optional input out. */
export type Operand = Value | Constant | null;

/** The node that computes a value. */
export function nodeOf(value: Value): GraphNode | undefined {
  value.deferred?.expand();
  return value.node;
}

/** Gives a value its data: nothing computes it any more. */
export function settle(value: Value, data: HostArray, origin: Value["origin"]): void {
  value.data = data;
  value.origin = origin;
  value.node = undefined;
  value.deferred = undefined;
}

/** The elements of a value, or of what it is a view of, if they are known. */
export function knownData({ data, source }: Value): HostArray | undefined {
  return data ?? source?.data;
}

/** The elements of a value that is known, or a view of one. */
export function dataOf(value: Value): HostArray {
  return knownData(value) as HostArray;
}

export function isConstant(operand: Value | Constant): operand is Constant {
  return (operand as Partial<Constant>).constant !== undefined; // `in` takes several times as long
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

export function createValue(
  dtype: GraphDtype,
  shape: readonly number[],
  origin: { data?: HostArray; node?: GraphNode; source?: Value; deferred?: Deferred },
): Value {
  return {
    dtype,
    shape,
    size: sizeOf(shape),
    data: origin.data,
    node: origin.node,
    deferred: origin.deferred,
    source: origin.source,
    views: undefined,
    holders: 0,
    origin: "caller",
    steady: 0,
    plan: 0,
    id: 0,
  };
}

/** The same elements in another shape; no node unless the graph needs one. */
export function viewOf(value: Value, shape: readonly number[]): Value {
  const base = value.source ?? value;
  if (sameShape(base.shape, shape)) return base;
  for (const view of base.views ?? []) if (sameShape(view.shape, shape)) return view;
  const view = createValue(base.dtype, shape, { source: base });
  if (base.views === undefined) base.views = [];
  base.views.push(view);
  return view;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function emptyArray(dtype: GraphDtype): HostArray {
  return newArray(dtype, 0);
}

export function newArray(dtype: GraphDtype, length: number): HostArray {
  switch (dtype) {
    case "float32":
      return new Float32Array(length);
    case "int32":
      return new Int32Array(length);
    case "int64":
      return new BigInt64Array(length);
    case "float64":
      return new Float64Array(length);
    default:
      return new Uint8Array(length);
  }
}
