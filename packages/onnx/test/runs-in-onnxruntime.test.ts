import { readFileSync } from "node:fs";
import { decodeModel, encodeModel, type GraphSpec } from "@espalier/onnx";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, it } from "vitest";

it("a built graph runs, with a symbolic dimension and operators of both domains", async () => {
  const graph: GraphSpec = {
    inputs: [{ name: "x", dtype: "float32", shape: ["rows", 2] }],
    outputs: [{ name: "y", dtype: "float32", shape: ["rows", 3] }],
    nodes: [
      {
        opType: "FusedMatMul",
        domain: "com.microsoft",
        inputs: ["x", "w"],
        outputs: ["product"],
        attributes: { transB: { type: "int", value: 1 }, alpha: { type: "float", value: 2 } },
      },
      { opType: "Relu", inputs: ["product"], outputs: ["y"] },
    ],
    initializers: [
      { name: "w", dtype: "float32", shape: [3, 2], data: new Float32Array([1, 0, 0, 1, -1, -1]) },
    ],
  };
  const session = await InferenceSession.create(encodeModel(graph));
  const x = new Tensor("float32", new Float32Array([1, 2, 3, -4]), [2, 2]);
  const { y } = await session.run({ x });
  expect(y?.dims).toEqual([2, 3]);
  expect(y?.data).toEqual(new Float32Array([2, 4, 0, 6, 0, 2]));
  await session.release();
});

it("a model written by PyTorch survives decoding and encoding", async () => {
  const bytes = readFileSync(new URL("fixtures/tiny-distilbert.onnx", import.meta.url));
  const model = decodeModel(bytes, "tiny-distilbert.onnx");
  expect(model.producer).toBe("pytorch");
  expect(model.graph.inputs.map((input) => input.name)).toEqual(["input_ids", "attention_mask"]);
  expect(model.graph.outputs[0]?.name).toBe("last_hidden_state");
  const again = encodeModel(model.graph, {
    irVersion: model.irVersion,
    domains: model.opsets,
    opset: model.opsets[""] as number,
  });
  const feeds = {
    input_ids: new Tensor("int64", BigInt64Array.from([2n, 7n, 3n, 9n]), [1, 4]),
    attention_mask: new Tensor("int64", BigInt64Array.from([1n, 1n, 1n, 0n]), [1, 4]),
  };
  const [before, after] = await Promise.all(
    [bytes, again].map(async (file) => {
      const session = await InferenceSession.create(file);
      const outputs = await session.run(feeds);
      await session.release();
      return outputs.last_hidden_state?.data;
    }),
  );
  expect(after).toEqual(before);
});
