import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { beforeAll, expect, it } from "vitest";
import { compile } from "./compile.ts";

beforeAll(() => tf.setBackend("cpu"));

it("just runs on a backend that can't record", () => {
  const total = tf.variable(tf.scalar(0));
  const step = compile(({ x }: { x: tf.Tensor }) => {
    total.assign(tf.add(total, tf.sum(x)));
    return { y: tf.mul(x, 2) };
  });
  const x = tf.tensor1d([1, 2]);
  const before = tf.memory().numTensors;
  for (const expected of [3, 6]) {
    const { y } = step({ x });
    expect([...y.dataSync()]).toEqual([2, 4]);
    expect(total.dataSync()[0]).toBe(expected);
    y.dispose();
  }
  expect(tf.memory().numTensors).toBe(before);
  expect(step.traces).toBe(0);
  tf.dispose([x, total]);
});
