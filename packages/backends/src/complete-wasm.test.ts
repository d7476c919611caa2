import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { startBackend } from "./start-backend.ts";

it("sums segments on wasm as on cpu: of any rank, with ids that are no segment", async () => {
  const sums = async (backend: string) => {
    await startBackend(backend);
    const ids = [1, -1, 1, 3, 0];
    const before = tf.memory().numTensors;
    const results = [[5], [5, 2], [5, 2, 3]].map((shape) => {
      const x = tf.reshape(tf.range(0, tf.util.sizeFromShape(shape)), shape);
      const sum = tf.unsortedSegmentSum(x, tf.tensor1d(ids, "int32"), 3);
      return [sum.shape, [...sum.dataSync()], sum.dtype];
    });
    const created = tf.memory().numTensors - before;
    return [...results, created];
  };
  expect(await sums("wasm")).toEqual(await sums("cpu"));
});
