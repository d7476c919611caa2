import { EspalierError } from "@espalier/core";
import protobuf from "protobufjs/minimal.js";
import { decodeTensor } from "./decode-tensor.ts";
import { dtypeOfCode } from "./dtype.ts";
import type { AttributeSpec, GraphSpec, NodeSpec, TensorSpec, ValueSpec } from "./graph-spec.ts";
import { ATTRIBUTE, ATTRIBUTE_TYPES, GRAPH, MODEL, NODE, VALUE } from "./proto-fields.ts";
import { integer, type Reader, readMessage, repeated } from "./read-message.ts";

/** A model file taken apart. */
export interface DecodedModel {
  readonly graph: GraphSpec;
  readonly irVersion: number;
  readonly producer: string;
  /** Version of each operator set by domain; `""` is the standard one. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads an ONNX model file. Initializers are copies in the byte order of the file (little-endian).
 * @param place what to call the file in messages
 * @throws {EspalierError} FILE_INVALID when the bytes are not an ONNX model, UNSUPPORTED for element types without
 * a typed array, sparse tensors and tensors kept in other files
 */
export function decodeModel(bytes: Uint8Array, place = "ONNX model"): DecodedModel {
  const model = {
    graph: undefined as GraphSpec | undefined,
    irVersion: 0,
    producer: "",
    opsets: {} as Record<string, number>,
    metadata: {} as Record<string, string>,
  };
  try {
    readMessage(
      protobuf.Reader.create(bytes),
      {
        [MODEL.irVersion]: (reader) => {
          model.irVersion = integer(reader.int64());
        },
        [MODEL.producerName]: (reader) => {
          model.producer = reader.string();
        },
        [MODEL.graph]: (reader) => {
          model.graph = readGraph(reader, place);
        },
        [MODEL.opsetImport]: (reader) => {
          const { name, value } = readPair(reader, (inner) => integer(inner.int64()));
          model.opsets[name] = value ?? 0;
        },
        [MODEL.metadata]: (reader) => {
          const { name, value } = readPair(reader, (inner) => inner.string());
          model.metadata[name] = value ?? "";
        },
      },
      bytes.length,
    );
  } catch (error) {
    if (EspalierError.isInstance(error)) throw error;
    const cause = (error as Error).message;
    throw new EspalierError("FILE_INVALID", `${place}: not an ONNX model (${cause})`, {
      cause: error,
    });
  }
  const { graph } = model;
  if (graph === undefined) {
    throw new EspalierError("FILE_INVALID", `${place}: not an ONNX model (no graph)`);
  }
  return { ...model, graph };
}

function readPair<V>(
  reader: Reader,
  readValue: (reader: Reader) => V,
): { name: string; value?: V } {
  const pair: { name: string; value?: V } = { name: "" };
  readMessage(reader, {
    1: (inner) => {
      pair.name = inner.string();
    },
    2: (inner) => {
      pair.value = readValue(inner);
    },
  });
  return pair;
}

function readGraph(reader: Reader, place: string): GraphSpec {
  let name = "";
  const nodes: NodeSpec[] = [];
  const initializers: TensorSpec[] = [];
  const inputs: ValueSpec[] = [];
  const outputs: ValueSpec[] = [];
  const values: ValueSpec[] = [];
  readMessage(reader, {
    [GRAPH.node]: (inner) => nodes.push(readNode(inner, place)),
    [GRAPH.name]: (inner) => {
      name = inner.string();
    },
    [GRAPH.initializer]: (inner) => initializers.push(decodeTensor(inner, place)),
    [GRAPH.input]: (inner) => inputs.push(readValue(inner, place)),
    [GRAPH.output]: (inner) => outputs.push(readValue(inner, place)),
    [GRAPH.valueInfo]: (inner) => values.push(readValue(inner, place)),
  });
  const graph = { name, nodes, initializers, inputs, outputs };
  return values.length === 0 ? graph : { ...graph, values };
}

function readNode(reader: Reader, place: string): NodeSpec {
  const texts: { opType: string; name?: string; domain?: string } = { opType: "" };
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, AttributeSpec> = {};
  readMessage(reader, {
    [NODE.input]: (inner) => inputs.push(inner.string()),
    [NODE.output]: (inner) => outputs.push(inner.string()),
    [NODE.name]: (inner) => {
      texts.name = inner.string();
    },
    [NODE.opType]: (inner) => {
      texts.opType = inner.string();
    },
    [NODE.domain]: (inner) => {
      texts.domain = inner.string();
    },
    [NODE.attribute]: (inner) => {
      const [name, attribute] = readAttribute(inner, place);
      attributes[name] = attribute;
    },
  });
  return { ...texts, inputs, outputs, attributes };
}

function readAttribute(reader: Reader, place: string): [name: string, attribute: AttributeSpec] {
  let name = "";
  let type = 0;
  const values: Partial<Record<AttributeSpec["type"], AttributeSpec["value"]>> = {};
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  readMessage(reader, {
    [ATTRIBUTE.name]: (inner) => {
      name = inner.string();
    },
    [ATTRIBUTE.type]: (inner) => {
      type = inner.int32();
    },
    [ATTRIBUTE.float]: (inner) => {
      values.float = inner.float();
    },
    [ATTRIBUTE.int]: (inner) => {
      values.int = integer(inner.int64());
    },
    [ATTRIBUTE.string]: (inner) => {
      values.string = inner.string();
    },
    [ATTRIBUTE.tensor]: (inner) => {
      values.tensor = decodeTensor(inner, place);
    },
    [ATTRIBUTE.graph]: (inner) => {
      values.graph = readGraph(inner, place);
    },
    [ATTRIBUTE.floats]: repeated(floats, (inner) => inner.float()),
    [ATTRIBUTE.ints]: repeated(ints, (inner) => integer(inner.int64())),
    [ATTRIBUTE.strings]: (inner) => strings.push(inner.string()),
  });
  const kind = ATTRIBUTE_TYPES[type - 1];
  if (kind === undefined) {
    throw new EspalierError("UNSUPPORTED", `${place}: attribute "${name}" has type ${type}`);
  }
  const defaults = { float: 0, int: 0, string: "", floats, ints, strings };
  const value = values[kind] ?? (defaults as typeof values)[kind];
  if (value === undefined) {
    throw new EspalierError("FILE_INVALID", `${place}: attribute "${name}" has no ${kind}`);
  }
  return [name, { type: kind, value } as AttributeSpec];
}

function readValue(reader: Reader, place: string): ValueSpec {
  let name = "";
  let code = 0;
  let shape: (number | string)[] | undefined;
  readMessage(reader, {
    [VALUE.name]: (inner) => {
      name = inner.string();
    },
    [VALUE.type]: (type) =>
      readMessage(type, {
        [VALUE.tensorType]: (tensor) =>
          readMessage(tensor, {
            [VALUE.elementType]: (inner) => {
              code = inner.int32();
            },
            [VALUE.shape]: (inner) => {
              shape = readShape(inner);
            },
          }),
      }),
  });
  const value = { name, dtype: dtypeOfCode(code, `${place}: value "${name}"`) };
  return shape === undefined ? value : { ...value, shape };
}

function readShape(reader: Reader): (number | string)[] {
  const shape: (number | string)[] = [];
  readMessage(reader, {
    [VALUE.dimension]: (dimension) => {
      let size: number | string = "";
      readMessage(dimension, {
        [VALUE.dimensionValue]: (inner) => {
          size = integer(inner.int64());
        },
        [VALUE.dimensionName]: (inner) => {
          size = inner.string();
        },
      });
      shape.push(size);
    },
  });
  return shape;
}
