import "@tensorflow/tfjs-backend-cpu";
import { createRng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, expect, it } from "vitest";
import { attention } from "./attention.ts";
import { attentionIndex } from "./attention-index.ts";
import { dropout } from "./dropout.ts";
import { embedding } from "./embedding.ts";
import { gelu } from "./gelu.ts";
import { gradients } from "./gradients.ts";
import * as kernels from "./kernel-names.ts";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";
import { linearGelu } from "./linear-gelu.ts";

type Call = { kernel: string; inputs: string[]; attrs: string[] };

const calls: Call[] = [];
const registered: string[] = [];

beforeAll(async () => {
  await tf.setBackend("cpu");
});

afterEach(() => {
  for (const kernelName of registered.splice(0)) tf.unregisterKernel(kernelName, "cpu");
  calls.length = 0;
});

/** Registers a kernel that notes its call and returns zeros of the shapes given. */
function stub(kernelName: string, shapes: (inputs: Record<string, tf.Tensor>) => number[][]): void {
  registered.push(kernelName);
  tf.registerKernel({
    kernelName,
    backendName: "cpu",
    kernelFunc({ inputs, attrs }) {
      calls.push({
        kernel: kernelName,
        inputs: Object.keys(inputs).sort(),
        attrs: Object.keys(attrs ?? {}).sort(),
      });
      const outputs = shapes(inputs as unknown as Record<string, tf.Tensor>).map((s) =>
        tf.zeros(s),
      );
      return outputs.length === 1 ? (outputs[0] as tf.Tensor) : outputs;
    },
  });
}

const shapeOf =
  (name: string) =>
  (inputs: Record<string, tf.Tensor>): number[][] => [inputs[name]?.shape as number[]];

it("runs the fused kernels that a backend has, forward and backward, with the inputs of the contract", () => {
  stub(kernels.LINEAR, ({ x, weight }) => [[x?.shape[0] as number, weight?.shape[0] as number]]);
  stub(kernels.COLUMN_SUM, ({ x }) => [[x?.shape[1] as number]]);
  stub(kernels.LAYER_NORM, ({ x }) => {
    const rows = x?.shape[0] as number;
    return [x?.shape as number[], [rows, 1], [rows, 1]];
  });
  stub(kernels.LAYER_NORM_GRAD, ({ x, gain }) => [
    x?.shape as number[],
    gain?.shape as number[],
    gain?.shape as number[],
  ]);
  stub(kernels.GELU, shapeOf("x"));
  stub(kernels.GELU_GRAD, shapeOf("x"));
  stub(kernels.DROPOUT, shapeOf("x"));
  stub(kernels.EMBEDDING_GRAD, () => [[5, 4]]);
  stub(kernels.MASKED_SOFTMAX, shapeOf("scores"));
  stub(kernels.SOFTMAX_GRAD, shapeOf("y"));
  const table = variable([5, 4]);
  const weight = variable([4, 4]);
  const gain = variable([4]);
  const bias = variable([4]);
  const index = attentionIndex(Int32Array.of(0, 2), { heads: 2 });
  const before = tf.memory().numTensors;
  const { value, gradients: found } = gradients(
    () => {
      const states = embedding(table as never, tf.tensor1d([1, 2, 0], "int32"));
      const normed = layerNorm(states, gain as never, bias as never, 1e-5);
      const mapped = linear(normed, weight as never, bias as never);
      const attended = attention(
        { q: mapped, k: mapped, v: mapped },
        {
          heads: 2,
          batch: 1,
          lengthTokens: 3,
          slots: {
            gather: tf.tensor1d(index.gather, "int32"),
            scatter: tf.tensor1d(index.scatter, "int32"),
            bias: tf.tensor4d(index.bias, [1, 1, 1, 3]),
          },
        },
      );
      return tf.sum(dropout(gelu(attended, "erf"), { rate: 0.5, rng: createRng(1) })) as tf.Scalar;
    },
    { table, weight, gain, bias },
  );
  expect(Object.keys(found).sort()).toEqual(["bias", "gain", "table", "weight"]);
  expect(calls).toEqual([
    { kernel: kernels.LAYER_NORM, inputs: ["bias", "gain", "x"], attrs: ["epsilon"] },
    { kernel: kernels.LINEAR, inputs: ["bias", "weight", "x"], attrs: [] },
    { kernel: kernels.MASKED_SOFTMAX, inputs: ["bias", "scores"], attrs: ["scale"] },
    { kernel: kernels.GELU, inputs: ["x"], attrs: ["approximation"] },
    { kernel: kernels.DROPOUT, inputs: ["kept", "x"], attrs: ["rate"] },
    { kernel: kernels.DROPOUT, inputs: ["kept", "x"], attrs: ["rate"] },
    { kernel: kernels.GELU_GRAD, inputs: ["dy", "x"], attrs: ["approximation"] },
    { kernel: kernels.SOFTMAX_GRAD, inputs: ["dy", "y"], attrs: ["scale"] },
    { kernel: kernels.COLUMN_SUM, inputs: ["x"], attrs: [] },
    {
      kernel: kernels.LAYER_NORM_GRAD,
      inputs: ["dy", "gain", "inverseDeviation", "mean", "x"],
      attrs: [],
    },
    { kernel: kernels.EMBEDDING_GRAD, inputs: ["dy", "ids"], attrs: ["rows"] },
  ]);
  tf.dispose([value, found]);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([table, weight, gain, bias]);
});

it("leaves a product and its GELU in one kernel, unless a gradient needs what is between them", () => {
  stub(kernels.LINEAR_GELU, ({ x, weight }) => [
    [x?.shape[0] as number, weight?.shape[0] as number],
  ]);
  const [weight, bias] = [variable([3, 2]), variable([3])];
  const run = (): tf.Tensor2D => linearGelu(tf.ones([4, 2]), weight as never, bias as never, "erf");
  expect(tf.tidy(() => run().shape)).toEqual([4, 3]);
  expect(calls).toEqual([
    { kernel: kernels.LINEAR_GELU, inputs: ["bias", "weight", "x"], attrs: ["approximation"] },
  ]);
  const { value, gradients: found } = gradients(() => tf.sum(run()), { weight, bias });
  expect(calls).toHaveLength(1);
  expect(Object.keys(found).sort()).toEqual(["bias", "weight"]);
  tf.dispose([value, found, weight, bias]);
});

function variable(shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.ones(shape)));
}
