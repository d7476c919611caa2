import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { startBackend } from "./start-backend.ts";

it.each(["cpu", "wasm", "onnxruntime"])("starts %s and computes with it", async (name) => {
  await startBackend(name);
  expect(tf.getBackend()).toBe(name);
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])));
  expect([...(await product.data())]).toEqual([11]);
  product.dispose();
});

it("starts onnxruntime with a provider, and refuses one for another backend", async () => {
  await startBackend("onnxruntime", { provider: "cpu", threads: 1 });
  await expect(startBackend("wasm", { provider: "cpu" })).rejects.toThrow(
    'provider "cpu": only the backend onnxruntime has providers, not wasm',
  );
});

it("refuses to check numbers on a backend that can't", async () => {
  await expect(startBackend("cpu", { checkNumbers: true })).rejects.toThrow(
    "checking numbers: only the backend onnxruntime can, not cpu",
  );
});

it("passes on why a provider does not start", async () => {
  const elsewhere = process.platform === "win32" ? "coreml" : "dml";
  await expect(startBackend("onnxruntime", { provider: elsewhere })).rejects.toMatchObject({
    code: "BACKEND_UNAVAILABLE",
    message: expect.stringContaining(`"${elsewhere}" is not in the installed onnxruntime-node`),
  });
});

it("refuses an unknown backend with the nearest name", async () => {
  await expect(startBackend("onnxruntme")).rejects.toThrow('did you mean "onnxruntime"?');
});
