import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeModel, encodeModel, type GraphSpec } from "./index.ts";

const graph: GraphSpec = {
  name: "g",
  inputs: [
    { name: "x", dtype: "float32", shape: ["batch", 3, ""] },
    { name: "any", dtype: "int64" },
    { name: "scalar", dtype: "bool", shape: [] },
  ],
  outputs: [{ name: "y", dtype: "float32", shape: ["batch", 0] }],
  values: [{ name: "r", dtype: "float32", shape: ["batch", 3, 4] }],
  nodes: [
    { opType: "Relu", name: "first", inputs: ["x"], outputs: ["r"], attributes: {} },
    {
      opType: "Thing",
      domain: "com.microsoft",
      inputs: ["r", "", "w"],
      outputs: ["y", "", "z"],
      attributes: {
        alpha: { type: "float", value: 1 },
        axis: { type: "int", value: -1 },
        mode: { type: "string", value: "größe" },
        axes: { type: "ints", value: [-1, 0, 2 ** 40] },
        scales: { type: "floats", value: [0.5, -2] },
        names: { type: "strings", value: ["a", ""] },
        none: { type: "ints", value: [] },
        value: {
          type: "tensor",
          value: { name: "t", dtype: "int64", shape: [2], data: new BigInt64Array([-1n, 5n]) },
        },
        body: {
          type: "graph",
          value: { name: "b", inputs: [], outputs: [], nodes: [], initializers: [] },
        },
      },
    },
  ],
  initializers: [
    { name: "w", dtype: "float32", shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) },
    { name: "empty", dtype: "int32", shape: [0], data: new Int32Array(0) },
    { name: "flag", dtype: "bool", shape: [], data: new Uint8Array([1]) },
  ],
};

it("decodes what it encodes", () => {
  const options = { opset: 20, irVersion: 9, producer: "p", metadata: { key: "value" } };
  const model = decodeModel(encodeModel(graph, options));
  expect(model).toEqual({
    graph,
    irVersion: 9,
    producer: "p",
    opsets: { "": 20, "com.microsoft": 1 },
    metadata: { key: "value" },
  });
});

it("keeps every float and integer of an initializer", () => {
  fc.assert(
    fc.property(fc.float32Array(), fc.int32Array(), (floats, ints) => {
      const initializers = [
        { name: "f", dtype: "float32", shape: [floats.length], data: floats },
        { name: "i", dtype: "int32", shape: [ints.length, 1], data: ints },
      ] as const;
      const decoded = decodeModel(encodeModel({ ...graph, initializers })).graph;
      expect(decoded.initializers).toEqual(initializers);
    }),
  );
});

it("refuses an initializer whose bytes do not fit its shape", () => {
  const bad = { name: "w", dtype: "float32", shape: [3], data: new Float32Array(2) } as const;
  expect(() => encodeModel({ ...graph, initializers: [bad] })).toThrow(
    expect.objectContaining({
      code: "SHAPE_MISMATCH",
      message: 'initializer "w": float32 [3] needs 12 bytes, given 8',
    }),
  );
});

it("refuses bytes that are not a model", () => {
  const bytes = encodeModel(graph);
  for (const broken of [new Uint8Array(0), bytes.subarray(0, 40), new TextEncoder().encode("{}")]) {
    expect(() => decodeModel(broken, "model.onnx")).toThrow(
      expect.objectContaining({
        code: "FILE_INVALID",
        message: expect.stringContaining("model.onnx: not an ONNX model"),
      }),
    );
  }
});

it("reads packed attribute numbers and values outside raw_data", () => {
  // AttributeProto { name: "k", ints: packed [3, 4], type: INTS }; TensorProto { dims: [2], INT32, int32_data: packed [7, 8] }
  const attribute = [0x0a, 1, 0x6b, 0x42, 2, 3, 4, 0xa0, 0x01, 7];
  const node = [0x22, 1, 0x4e, 0x2a, attribute.length, ...attribute];
  const tensor = [0x0a, 1, 2, 0x10, 6, 0x2a, 2, 7, 8, 0x42, 1, 0x77];
  const body = [0x0a, node.length, ...node, 0x2a, tensor.length, ...tensor];
  const decoded = decodeModel(Uint8Array.from([0x3a, body.length, ...body])).graph;
  expect(decoded.nodes[0]?.attributes).toEqual({ k: { type: "ints", value: [3, 4] } });
  expect(decoded.initializers).toEqual([
    { name: "w", dtype: "int32", shape: [2], data: new Int32Array([7, 8]) },
  ]);
});
