import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { measureSpeed } from "./measure-speed.ts";
import { startBackend } from "./start-backend.ts";

it("is a speed, and leaves nothing behind", async () => {
  await startBackend("onnxruntime");
  const before = tf.memory().numTensors;
  const speed = await measureSpeed(256);
  expect(speed).toBeGreaterThan(1e8); // a tenth of a GFLOP/s: any processor, however busy
  expect(speed).toBeLessThan(1e15);
  expect(tf.memory().numTensors).toBe(before);
});
