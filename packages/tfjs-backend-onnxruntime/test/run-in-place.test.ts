import { createRequire } from "node:module";
import { encodeModel } from "@espalier/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { beforeEach, expect, it } from "vitest";
import { freshBackend } from "./fresh-backend.ts";

beforeEach(async () => {
  await freshBackend();
});

const SIZE = 4_000_000;
const MEGABYTE = 2 ** 20;

it("allocates nothing for outputs that have their place", () => {
  const x = tf.fill([SIZE], 0);
  const lengths: number[] = [];
  for (let i = 0; i < 3; i++) {
    const y = tf.tidy(() => {
      const values = tf.exp(x);
      return [tf.add(values, i), tf.mul(values, i)] as const;
    });
    const sum = tf.tidy(() => tf.sum(tf.add(...y))); // both are held, so the launch of the sum computes all three
    const before = process.memoryUsage().arrayBuffers;
    expect(sum.dataSync()[0]).toBe(SIZE * (1 + 2 * i));
    lengths.push(process.memoryUsage().arrayBuffers - before);
    tf.dispose([...y, sum]);
  }
  // The first launch allocates the outputs of 16 MB each, later ones write into the same arrays.
  expect(lengths[0]).toBeGreaterThan(30 * MEGABYTE);
  expect(lengths[2]).toBeLessThan(MEGABYTE);
  x.dispose();
});

it("leaves other users of onnxruntime-node alone, before and after they run", async () => {
  const { InferenceSession, Tensor } = createRequire(import.meta.url)("onnxruntime-node") as {
    InferenceSession: {
      create(
        model: Uint8Array,
      ): Promise<{ run(feeds: object): Promise<Record<string, { data: Float32Array }>> }>;
    };
    Tensor: new (data: Float32Array, dims: number[]) => object;
  };
  const x = tf.tensor1d([3, 4]);
  const negative = () => [...tf.tidy(() => tf.neg(x)).dataSync()];
  expect(negative()).toEqual([-3, -4]);
  const model = encodeModel(
    {
      inputs: [{ name: "x", dtype: "float32", shape: [2] }],
      outputs: [{ name: "y", dtype: "float32", shape: [2] }],
      nodes: [{ opType: "Neg", inputs: ["x"], outputs: ["y"] }],
      initializers: [],
    },
    { opset: 21 },
  );
  const session = await InferenceSession.create(model);
  const { y } = await session.run({ x: new Tensor(Float32Array.of(1, 2), [2]) });
  expect(y).toBeInstanceOf(Tensor);
  expect([...(y?.data ?? [])]).toEqual([-1, -2]);
  expect(negative()).toEqual([-3, -4]);
  x.dispose();
});
