import { EspalierError } from "@espalier/core";
import protobuf from "protobufjs/minimal.js";
import { dtypeBytes, dtypeCode } from "./dtype.ts";
import type { AttributeSpec, GraphSpec, NodeSpec, TensorSpec, ValueSpec } from "./graph-spec.ts";
import { ATTRIBUTE, ATTRIBUTE_TYPES, GRAPH, MODEL, NODE, TENSOR, VALUE } from "./proto-fields.ts";

export interface EncodeOptions {
  /** Version of the standard operator set. Default 21. */
  readonly opset?: number;
  /** Versions of further operator sets by domain. Default `{ "com.microsoft": 1 }`. */
  readonly domains?: Readonly<Record<string, number>>;
  /** Default 10, what ONNX 1.16 (opset 21) writes. */
  readonly irVersion?: number;
  /** Default `"espalier"`. */
  readonly producer?: string;
  /** Free texts, as in `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a graph as an ONNX model file (ModelProto, onnx.proto3).
 * @throws {EspalierError} SHAPE_MISMATCH when an initializer has more or fewer bytes than its shape
 */
export function encodeModel(graph: GraphSpec, options: EncodeOptions = {}): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(MODEL.irVersion, VARINT)).int64(options.irVersion ?? 10);
  text(writer, MODEL.producerName, options.producer ?? "espalier");
  nested(writer, MODEL.graph, () => writeGraph(writer, graph));
  const domains = { "": options.opset ?? 21, ...(options.domains ?? { "com.microsoft": 1 }) };
  for (const [domain, version] of Object.entries(domains)) {
    nested(writer, MODEL.opsetImport, () => {
      text(writer, 1, domain);
      writer.uint32(tag(2, VARINT)).int64(version);
    });
  }
  for (const [key, value] of Object.entries(options.metadata ?? {})) {
    nested(writer, MODEL.metadata, () => {
      text(writer, 1, key);
      text(writer, 2, value);
    });
  }
  return writer.finish();
}

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;
type Writer = protobuf.Writer;

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

function nested(writer: Writer, field: number, write: () => void): void {
  writer.uint32(tag(field, LENGTH)).fork();
  write();
  writer.ldelim();
}

function text(writer: Writer, field: number, value: string): void {
  writer.uint32(tag(field, LENGTH)).string(value);
}

function writeGraph(writer: Writer, graph: GraphSpec): void {
  for (const node of graph.nodes) nested(writer, GRAPH.node, () => writeNode(writer, node));
  text(writer, GRAPH.name, graph.name ?? "graph");
  for (const tensor of graph.initializers) {
    nested(writer, GRAPH.initializer, () => writeTensor(writer, tensor));
  }
  for (const value of graph.inputs) nested(writer, GRAPH.input, () => writeValue(writer, value));
  for (const value of graph.outputs) nested(writer, GRAPH.output, () => writeValue(writer, value));
  for (const value of graph.values ?? []) {
    nested(writer, GRAPH.valueInfo, () => writeValue(writer, value));
  }
}

function writeNode(writer: Writer, node: NodeSpec): void {
  for (const name of node.inputs) text(writer, NODE.input, name);
  for (const name of node.outputs) text(writer, NODE.output, name);
  if (node.name !== undefined) text(writer, NODE.name, node.name);
  text(writer, NODE.opType, node.opType);
  if (node.attributes !== undefined) {
    for (const name in node.attributes) {
      nested(writer, NODE.attribute, () => {
        writeAttribute(writer, name, node.attributes?.[name] as AttributeSpec);
      });
    }
  }
  if (node.domain) text(writer, NODE.domain, node.domain);
}

function writeAttribute(writer: Writer, name: string, attribute: AttributeSpec): void {
  text(writer, ATTRIBUTE.name, name);
  switch (attribute.type) {
    case "float":
      writer.uint32(tag(ATTRIBUTE.float, FIXED32)).float(attribute.value);
      break;
    case "int":
      writer.uint32(tag(ATTRIBUTE.int, VARINT)).int64(attribute.value);
      break;
    case "string":
      text(writer, ATTRIBUTE.string, attribute.value);
      break;
    case "tensor":
      nested(writer, ATTRIBUTE.tensor, () => writeTensor(writer, attribute.value));
      break;
    case "graph":
      nested(writer, ATTRIBUTE.graph, () => writeGraph(writer, attribute.value));
      break;
    case "floats":
      for (const value of attribute.value) {
        writer.uint32(tag(ATTRIBUTE.floats, FIXED32)).float(value);
      }
      break;
    case "ints":
      for (const value of attribute.value) writer.uint32(tag(ATTRIBUTE.ints, VARINT)).int64(value);
      break;
    case "strings":
      for (const value of attribute.value) text(writer, ATTRIBUTE.strings, value);
      break;
  }
  writer.uint32(tag(ATTRIBUTE.type, VARINT)).int32(ATTRIBUTE_TYPES.indexOf(attribute.type) + 1);
}

function writeTensor(writer: Writer, tensor: TensorSpec): void {
  const { data, shape, name, dtype } = tensor;
  const bytes = shape.reduce((product, size) => product * size, dtypeBytes(dtype));
  if (bytes !== data.byteLength) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `initializer "${name}": ${dtype} [${shape.join(", ")}] needs ${bytes} bytes, given ${data.byteLength}`,
    );
  }
  for (const size of shape) writer.uint32(tag(TENSOR.dims, VARINT)).int64(size);
  writer.uint32(tag(TENSOR.dataType, VARINT)).int32(dtypeCode(dtype));
  text(writer, TENSOR.name, name);
  writer
    .uint32(tag(TENSOR.rawData, LENGTH))
    .bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValue(writer: Writer, value: ValueSpec): void {
  text(writer, VALUE.name, value.name);
  nested(writer, VALUE.type, () =>
    nested(writer, VALUE.tensorType, () => {
      writer.uint32(tag(VALUE.elementType, VARINT)).int32(dtypeCode(value.dtype));
      if (value.shape === undefined) return;
      nested(writer, VALUE.shape, () => {
        for (const size of value.shape ?? []) {
          nested(writer, VALUE.dimension, () => {
            if (typeof size === "number") {
              writer.uint32(tag(VALUE.dimensionValue, VARINT)).int64(size);
            } else if (size !== "") {
              text(writer, VALUE.dimensionName, size);
            }
          });
        }
      });
    }),
  );
}
