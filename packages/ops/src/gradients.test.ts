import "@tensorflow/tfjs-backend-cpu";
import { createRng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { attention } from "./attention.ts";
import { attentionIndex } from "./attention-index.ts";
import { normals } from "./conformance/operation-case.ts";
import { accumulate, gradients } from "./gradients.ts";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

it("computes no product towards a frozen weight or a constant input", async () => {
  const rng = createRng(1);
  const x = variable(normals(rng, [5, 3]));
  const lower = variable(normals(rng, [4, 3]));
  const upper = variable(normals(rng, [2, 4]));
  const loss = (): tf.Scalar =>
    tf.sum(linear(linear(x as never, lower as never), upper as never)) as tf.Scalar;
  const products = async (variables: Record<string, tf.Variable>): Promise<number> => {
    const { kernels } = await tf.profile(() => {
      const { value, gradients: found } = gradients(loss, variables);
      return tf.tidy(() => tf.addN([value, ...Object.values(found).map((g) => tf.sum(g))]));
    });
    return kernels.filter(({ name }) => name === "BatchMatMul").length;
  };
  expect(await products({})).toBe(2);
  expect(await products({ upper })).toBe(3); // dW of the upper one
  expect(await products({ lower })).toBe(4); // dx of the upper, dW of the lower one
  expect(await products({ lower, upper })).toBe(5);
  expect(await products({ x, lower, upper })).toBe(6);
  tf.dispose([x, lower, upper]);
});

it("leaves out variables that the loss does not depend on, and all others alone", () => {
  const [a, b, c] = [
    tf.variable(tf.scalar(2)),
    tf.variable(tf.scalar(3)),
    tf.variable(tf.scalar(4)),
  ];
  const before = tf.memory().numTensors;
  const result = gradients(() => tf.mul(a, b) as tf.Scalar, { a, c });
  expect(Object.keys(result.gradients)).toEqual(["a"]);
  expect(result.gradients.a?.dataSync()[0]).toBe(3);
  expect(result.value.dataSync()[0]).toBe(6);
  expect(tf.memory().numTensors).toBe(before + 2);
  const nothing = gradients(() => tf.square(c) as tf.Scalar, { a });
  expect(nothing.gradients).toEqual({});
  const none = gradients(() => tf.square(c) as tf.Scalar, {});
  expect(none.value.dataSync()[0]).toBe(16);
  tf.dispose([result.value, result.gradients, nothing.value, none.value]);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([a, b, c]);
});

it("has gradients of gradients where an operation saves nothing but its inputs", () => {
  const weight = tf.tensor2d([0.5, -1, 2, 0.25], [2, 2]);
  const bias = tf.tensor1d([0.1, -0.3]);
  const loss = (x: tf.Tensor): tf.Scalar => {
    const y = linear(x as tf.Tensor2D, tf.mul(weight, tf.mean(x)) as tf.Tensor2D, bias);
    return tf.sum(tf.square(tf.add(y, tf.sum(x, 0)))) as tf.Scalar;
  };
  const slope = (x: tf.Tensor): tf.Scalar => tf.sum(tf.square(tf.grad(loss)(x))) as tf.Scalar;
  const values = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9];
  const at = (moved: readonly number[]): number =>
    tf.tidy(() => slope(tf.tensor2d([...moved], [3, 2])).dataSync()[0] as number);
  const found = tf.tidy(() =>
    tf
      .grad(slope)(tf.tensor2d(values, [3, 2]))
      .dataSync(),
  );
  for (const i of values.keys()) {
    const moved = (by: number): number[] => values.map((v, j) => (j === i ? v + by : v));
    const expected = (at(moved(0.01)) - at(moved(-0.01))) / 0.02;
    expect(Math.abs((found[i] as number) / expected - 1)).toBeLessThan(1e-3);
  }
});

it("refuses gradients of gradients of what an operation computed and saved", () => {
  const x = tf.ones<tf.Rank.R2>([4, 2]);
  const normalised = (x: tf.Tensor): tf.Tensor => layerNorm(x, tf.ones([2]), tf.zeros([2]), 1e-5);
  const slope = (x: tf.Tensor): tf.Tensor => tf.sum(tf.grad(normalised)(x));
  expect(() => tf.grad(slope)(x)).toThrow(
    expect.objectContaining({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/^gradients of gradients: .* saved a tensor \[4, 1\]/),
    }),
  );
});

it("refuses a loss that is no scalar", () => {
  const a = tf.variable(tf.tensor1d([1, 2]));
  expect(() => gradients(() => a as never, { a })).toThrow("shape [2], expected a scalar");
  a.dispose();
});

it("adds gradients over parts of a batch, whatever each part has", () => {
  const before = tf.memory().numTensors;
  let total = accumulate(undefined, { a: tf.scalar(1) });
  total = accumulate(total, { a: tf.scalar(2), b: tf.scalar(5) });
  total = accumulate(total, { b: tf.scalar(7) });
  expect(total.a?.dataSync()[0]).toBe(3);
  expect(total.b?.dataSync()[0]).toBe(12);
  tf.dispose(total);
  expect(tf.memory().numTensors).toBe(before);
});

it("gives dummy rows no gradient at all, through layers of attention", () => {
  // Whatever a dummy row holds must not reach any parameter: two fillings, the same bits.
  const rng = createRng(2);
  const starts = Int32Array.of(0, 3, 4, 8);
  const rows = 11;
  const heads = 2;
  const index = attentionIndex(starts, { heads, rows, lengthTokens: 6 });
  const weights = variable(normals(rng, [4, 4]));
  const gain = variable(normals(rng, [4]));
  const bias = variable(normals(rng, [4]));
  const tokens = normals(rng, [8, 4]).values;
  const run = (filling: number): Record<string, number[]> => {
    const { value, gradients: found } = gradients(
      () => {
        const filled = new Float32Array(rows * 4).fill(filling);
        filled.set(tokens);
        let states = tf.tensor2d(filled, [rows, 4]);
        for (let layer = 0; layer < 2; layer++) {
          const mapped = linear(states, weights as never);
          const attended = attention(
            { q: mapped, k: mapped, v: states },
            {
              heads,
              batch: 3,
              lengthTokens: 6,
              slots: {
                gather: tf.tensor1d(index.gather, "int32"),
                scatter: tf.tensor1d(index.scatter, "int32"),
                bias: tf.tensor4d(index.bias, [3, 1, 1, 6]),
              },
            },
          );
          states = layerNorm(tf.add(states, attended), gain as never, bias as never, 1e-5);
        }
        return tf.sum(tf.square(tf.slice(states, [0, 0], [8, 4]))) as tf.Scalar;
      },
      { weights, gain, bias },
    );
    const read = Object.fromEntries(
      Object.entries(found).map(([name, gradient]) => [name, [...gradient.dataSync()]]),
    );
    const loss = [...value.dataSync()];
    tf.dispose([value, found]);
    return { ...read, loss };
  };
  expect(run(1000)).toEqual(run(-0.25));
  tf.dispose([weights, gain, bias]);
});

function variable({ shape, values }: { shape: number[]; values: Float64Array }): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values), shape)));
}
