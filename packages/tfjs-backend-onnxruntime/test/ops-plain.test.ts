import { createRng } from "@espalier/core";
import { registerCoreGradients } from "@espalier/ops";
import { plainOperations } from "@espalier/ops/conformance";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { BACKEND_NAME, registerOnnxruntimeBackend } from "../src/index.ts";

beforeAll(() => {
  registerOnnxruntimeBackend({ threads: 1 });
  registerCoreGradients();
});

it.each(plainOperations)(
  "$name: value and gradients are those of the cpu backend",
  async ({ run }) => {
    const evaluate = async (backend: string): Promise<ArrayLike<number>[]> => {
      await tf.setBackend(backend);
      const rng = createRng(11);
      const draw = (n: number): Float32Array =>
        Float32Array.from({ length: n }, () => rng.normal());
      const [x, z] = [draw(12), draw(4)];
      return tf.tidy(() => {
        const value = run(tf.tensor2d(x, [3, 4]), tf.tensor1d(z));
        const weights = draw(value.size);
        const loss = (x: tf.Tensor, z: tf.Tensor): tf.Scalar => {
          const y = run(x as tf.Tensor2D, z as tf.Tensor1D);
          // Without effect, so that both inputs are on the path whatever the operation uses.
          const rest = tf.mul(0, tf.add(tf.sum(x), tf.sum(z)));
          return tf.add(tf.sum(tf.mul(y, tf.tensor(weights, y.shape))), rest) as tf.Scalar;
        };
        const [dx, dz] = tf.grads(loss)([tf.tensor2d(x, [3, 4]), tf.tensor1d(z)]);
        return [value, dx!, dz!].map((tensor) => tensor.dataSync().slice());
      });
    };
    const expected = await evaluate("cpu");
    const actual = await evaluate(BACKEND_NAME);
    for (const [part, values] of expected.entries()) {
      const others = actual[part] as ArrayLike<number>;
      expect(others.length).toBe(values.length);
      for (let i = 0; i < values.length; i++) {
        const want = values[i] as number;
        expect(Math.abs((others[i] as number) - want)).toBeLessThan(1e-5 + 1e-4 * Math.abs(want));
      }
    }
  },
);
