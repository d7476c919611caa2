import type { Attributes } from "./attribute.ts";
import {
  createValue,
  emptyArray,
  type GraphDtype,
  type GraphNode,
  isConstant,
  type Operand,
  type RowSums,
  type Value,
} from "./value.ts";

/** One operation with one output. */
export interface OpSpec {
  readonly op: string;
  readonly inputs: readonly Operand[];
  readonly shape: readonly number[];
  readonly dtype: GraphDtype;
  readonly attributes?: Attributes;
  /** Default: the standard ONNX operators. */
  readonly domain?: string;
  /** See `GraphNode`. */
  readonly rowSums?: RowSums;
}

/** One operation with several outputs. */
export interface MultiOpSpec extends Omit<OpSpec, "shape" | "dtype"> {
  readonly outputs: readonly { readonly shape: readonly number[]; readonly dtype: GraphDtype }[];
}

/** Appends operations; nothing runs. */
export interface Recorder {
  op(spec: OpSpec): Value;
  ops(spec: MultiOpSpec): Value[];
}

export function createRecorder(): Recorder {
  const signatures = new Map<string, number>();
  let nextSignature = 1;
  const sign = (spec: Omit<OpSpec, "shape" | "dtype">): number => {
    const text = signatureText(spec);
    const known = signatures.get(text);
    if (known !== undefined) return known;
    // Numbers are never given out twice, so forgetting the texts only costs a compilation.
    if (signatures.size >= MAX_SIGNATURES) signatures.clear();
    signatures.set(text, nextSignature);
    return nextSignature++;
  };
  const nodeOf = (spec: Omit<OpSpec, "shape" | "dtype">, outputs: Value[]): GraphNode => ({
    signature: sign(spec),
    opType: spec.op,
    domain: spec.domain ?? "",
    inputs: spec.inputs,
    attributes: spec.attributes,
    outputs,
    rowSums: spec.rowSums,
  });
  return {
    op(spec) {
      const outputs: Value[] = [];
      const output = outputOf(nodeOf(spec, outputs), spec);
      outputs.push(output);
      return output;
    },
    ops(spec) {
      const outputs: Value[] = [];
      const node = nodeOf(spec, outputs);
      for (const output of spec.outputs) outputs.push(outputOf(node, output));
      return outputs;
    },
  };
}

/** An output without elements needs no node. */
function outputOf(node: GraphNode, { dtype, shape }: Pick<OpSpec, "dtype" | "shape">): Value {
  const value = createValue(dtype, shape, { node });
  if (value.size > 0) return value;
  value.node = undefined;
  value.data = emptyArray(dtype);
  return value;
}

const MAX_SIGNATURES = 100_000;

function signatureText(spec: Omit<OpSpec, "shape" | "dtype">): string {
  let text = spec.domain === undefined ? spec.op : `${spec.domain}.${spec.op}`;
  for (const input of spec.inputs) {
    if (input === null) text += ";-";
    else if (isConstant(input)) text += `;${input.derived === undefined ? input.text : "dims"}`;
    else text += ";";
  }
  const { attributes } = spec;
  if (attributes === undefined) return text;
  for (const name in attributes) {
    const attribute = attributes[name];
    text += `;${name}:${attribute?.type}=${attribute?.value}`;
  }
  return text;
}
