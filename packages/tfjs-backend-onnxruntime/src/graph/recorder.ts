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
  const ops = (spec: MultiOpSpec): Value[] => {
    const outputs: Value[] = [];
    const node: GraphNode = {
      signature: sign(spec),
      opType: spec.op,
      domain: spec.domain ?? "",
      inputs: spec.inputs,
      attributes: spec.attributes,
      outputs,
      rowSums: spec.rowSums,
    };
    for (const { dtype, shape } of spec.outputs) {
      const value = createValue(dtype, shape, { node });
      if (value.size === 0) {
        value.node = undefined;
        value.data = emptyArray(dtype);
      }
      outputs.push(value);
    }
    return outputs;
  };
  return { ops, op: (spec) => ops({ ...spec, outputs: [spec] })[0] as Value };
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
