import { startBackend } from "@espalier/backends";
import { startTestBackend, testBackends } from "@espalier/backends/testing";
import { createRng } from "@espalier/core";
import { registerCoreGradients } from "@espalier/ops";
import { type PlainOperation, plainOperations } from "@espalier/ops/conformance";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

/**
 * TensorFlow.js' wasm backend has no kernels for the gradients of filters of convolutions over planes, and its results for
 * padded convolutions over spaces and padded maxima differ.
 */
const NOT_ON_WASM = new Set([
  "conv2d",
  "conv2d of one place",
  "conv2d transposed",
  "conv3d",
  "depthwiseConv2d",
  "maxPool",
]);

const operationsOn = (backend: string): readonly PlainOperation[] =>
  plainOperations.filter(({ name }) => backend !== "wasm" || !NOT_ON_WASM.has(name));

const expected = new Map<string, Float32Array[]>();

beforeAll(async () => {
  registerCoreGradients();
  await startBackend("cpu");
  for (const operation of plainOperations) expected.set(operation.name, evaluate(operation));
});

describe.each(testBackends().filter((name) => name !== "cpu"))("on %s", (backend) => {
  beforeAll(() => startTestBackend(backend));

  it.each(operationsOn(backend))(
    "$name: value and gradients are those of the cpu backend",
    (operation) => {
      const before = tf.memory().numTensors;
      const actual = evaluate(operation);
      expect(tf.memory().numTensors).toBe(before);
      for (const [part, values] of expected.get(operation.name)!.entries()) {
        expect(actual[part]!.length).toBe(values.length);
        for (const [i, value] of values.entries())
          expect(Math.abs(actual[part]![i]! - value)).toBeLessThan(1e-5 + 1e-4 * Math.abs(value));
      }
    },
  );
});

/** The operation's value, and the gradients of its two inputs under random weights. */
function evaluate({ run }: PlainOperation): Float32Array[] {
  const rng = createRng(11);
  const draw = (n: number): Float32Array => Float32Array.from({ length: n }, () => rng.normal());
  const [x, z] = [draw(12), draw(4)];
  const results: Float32Array[] = [];
  tf.tidy(() => {
    const value = run(tf.tensor2d(x, [3, 4]), tf.tensor1d(z));
    const weights = draw(value.size);
    const loss = (x: tf.Tensor, z: tf.Tensor): tf.Scalar => {
      const y = run(x as tf.Tensor2D, z as tf.Tensor1D);
      // Without effect, so that both inputs are on the path whatever the operation uses.
      const rest = tf.mul(0, tf.add(tf.sum(x), tf.sum(z)));
      return tf.add(tf.sum(tf.mul(y, tf.tensor(weights, y.shape))), rest) as tf.Scalar;
    };
    const [dx, dz] = tf.grads(loss)([tf.tensor2d(x, [3, 4]), tf.tensor1d(z)]);
    for (const tensor of [value, dx!, dz!]) results.push(tensor.dataSync<"float32">().slice());
  });
  return results;
}
