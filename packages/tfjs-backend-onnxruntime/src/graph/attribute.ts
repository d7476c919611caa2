import type { AttributeSpec } from "@espalier/onnx";

/** Attributes of a recorded node, by name. */
export type Attributes = Readonly<Record<string, AttributeSpec>>;

export function int(value: number): AttributeSpec {
  return { type: "int", value };
}

export function flag(value: boolean): AttributeSpec {
  return { type: "int", value: value ? 1 : 0 };
}

export function floatAttribute(value: number): AttributeSpec {
  return { type: "float", value };
}

export function ints(value: readonly number[]): AttributeSpec {
  return { type: "ints", value };
}

export function text(value: string): AttributeSpec {
  return { type: "string", value };
}
