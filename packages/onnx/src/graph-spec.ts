import type { OnnxDtype } from "./dtype.ts";

/** An ONNX graph as plain data: what `encodeModel` writes and `decodeModel` returns. */
export interface GraphSpec {
  /** Default `"graph"`. */
  readonly name?: string;
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  /** In an order in which every node comes after the nodes it reads. */
  readonly nodes: readonly NodeSpec[];
  /** Types and shapes of values between nodes, where they are known (`value_info`). Default: none. */
  readonly values?: readonly ValueSpec[];
  readonly initializers: readonly TensorSpec[];
}

/** A graph input or output. */
export interface ValueSpec {
  readonly name: string;
  readonly dtype: OnnxDtype;
  /** A number, or a string for a symbolic dimension (`""`: nameless). Undefined: not even the rank is known. */
  readonly shape?: readonly (number | string)[];
}

/** One operation. */
export interface NodeSpec {
  readonly opType: string;
  /** Default `""`, the standard operators; `"com.microsoft"` for those of ONNX Runtime. */
  readonly domain?: string;
  readonly name?: string;
  /** Names of values; `""` leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
}

/** An attribute with the type the operator declares for it: `1` as an int and as a float differ in ONNX. */
export type AttributeSpec =
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "tensor"; readonly value: TensorSpec }
  | { readonly type: "graph"; readonly value: GraphSpec }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "strings"; readonly value: readonly string[] };

/** A constant tensor. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly number[];
  /** Row-major little-endian values; the byte length must be that of the shape. */
  readonly data: ArrayBufferView;
}
