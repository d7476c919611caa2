import { readFile } from "node:fs/promises";
import { startTestBackend, testBackends } from "@espalier/backends/testing";
import { createRng } from "@espalier/core";
import { type ClassificationOptions, classification } from "@espalier/heads";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

interface Case {
  logits: number[][];
  labels: number[];
  loss: number;
  gradient: number[][];
  classWeights?: number[];
  labelSmoothing?: number;
}

const fixture = new URL("fixtures/cross-entropy.json", import.meta.url);
const { tolerance, ...cases } = JSON.parse(await readFile(fixture, "utf8")) as Record<
  string,
  Case
> & { tolerance: { atol: number; rtol: number } };

const headOf = (classes: number, options: ClassificationOptions = {}) =>
  classification(
    Array.from({ length: classes }, (_, k) => `label ${k}`),
    options,
  );

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(
      tolerance.atol + tolerance.rtol * Math.abs(value),
    );
}

describe.each(testBackends())("loss and gradient are PyTorch's on %s", (backend) => {
  beforeAll(() => startTestBackend(backend));

  it.each(Object.entries(cases))("%s", (_name, one) => {
    const { logits, labels, loss, gradient, ...options } = one as Case;
    const head = headOf(logits[0]?.length ?? 0, options);
    const before = tf.memory().numTensors;
    const input = tf.tidy(() => tf.variable(tf.tensor2d(logits)));
    const result = tf.variableGrads(
      () => head.loss(input as tf.Tensor as tf.Tensor2D, Int32Array.from(labels)),
      [input],
    );
    expectClose(result.value.dataSync(), [loss]);
    expectClose(result.grads[input.name]!.dataSync(), gradient.flat());
    tf.dispose([result.value, result.grads]);
    input.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("the linear map", () => {
  beforeAll(async () => {
    await startTestBackend();
  });

  const [B, D, K] = [3, 4, 2];
  const head = headOf(K, { dropout: 0.5, labelSmoothing: 0.1, classWeights: [1, 3] });
  const values = (length: number, seed: number) => {
    const rng = createRng(seed);
    return Float32Array.from({ length }, () => rng.normal());
  };
  const targets = Int32Array.of(1, -1, 0);

  const lossAt = (inputs: Float32Array[]): number =>
    tf.tidy(() => {
      const [vectors, weight, bias] = inputs as [Float32Array, Float32Array, Float32Array];
      const parameters = { weight: tf.tensor2d(weight, [K, D]), bias: tf.tensor1d(bias) };
      const logits = head.logits(tf.tensor2d(vectors, [B, D]), parameters, { training: false });
      return head.loss(logits, targets).dataSync()[0]!;
    });

  it("is x · Wᵀ + b without dropout outside training", () => {
    const logits = tf.tidy(() =>
      head
        .logits(
          tf.tensor2d([[1, 2, 3, 4]]),
          { weight: tf.tensor2d([[1, 0, 0, 0], [0, 1, 1, 0]]), bias: tf.tensor1d([10, 20]) }, // biome-ignore format: rows
          { training: false },
        )
        .dataSync(),
    );
    expect([...logits]).toEqual([11, 25]);
  });

  it("has the gradients that finite differences give", () => {
    const inputs = [values(B * D, 1), values(K * D, 2), values(K, 3)];
    const variables = inputs.map((data, i) =>
      tf.tidy(() => tf.variable(tf.tensor(data.slice(), [[B, D], [K, D], [K]][i]!))),
    );
    const [vectors, weight, bias] = variables as tf.Tensor[];
    const { value, grads } = tf.variableGrads(
      () =>
        head.loss(
          head.logits(
            vectors as tf.Tensor2D,
            { weight: weight!, bias: bias! },
            { training: false },
          ),
          targets,
        ),
      variables,
    );
    for (const [i, variable] of variables.entries()) {
      const gradient = grads[variable.name]!.dataSync();
      for (const k of gradient.keys()) {
        const shifted = (by: number) =>
          lossAt(
            inputs.map((data, j) => (i === j ? data.map((x, n) => (n === k ? x + by : x)) : data)),
          );
        expect(gradient[k]).toBeCloseTo((shifted(1e-2) - shifted(-1e-2)) / 2e-2, 3);
      }
    }
    tf.dispose([value, grads, variables]);
  });

  it("drops nothing in evaluation, with a stream or without", () => {
    const [sums] = tf.tidy(() => {
      const parameters = { weight: tf.ones([K, D]), bias: tf.zeros([K]) };
      const context = { training: false, rng: createRng(1) };
      return [head.logits(tf.ones([1, D]), parameters, context).dataSync()];
    });
    expect([...sums!]).toEqual([D, D]);
  });

  it("drops inputs in training, the same ones for the same stream", () => {
    const wide = 1000;
    const run = (seed: number) =>
      tf.tidy(() => [
        ...head
          .logits(
            tf.ones([1, wide]),
            { weight: tf.ones([K, wide]), bias: tf.zeros([K]) },
            { training: true, rng: createRng(seed) },
          )
          .dataSync(),
      ]);
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    // A kept input counts double at rate 0.5, so the sum stays near 1000 and is even.
    expect(run(1)[0]! % 2).toBe(0);
    expect(Math.abs(run(1)[0]! - wide)).toBeLessThan(150);
  });

  it("needs a stream to drop in training, and shapes that fit", () => {
    const parameters = { weight: tf.ones([K, D]), bias: tf.zeros([K]) };
    const vectors = tf.ones([B, D]) as tf.Tensor2D;
    expect(() => head.logits(vectors, parameters, { training: true })).toThrow(
      "classification: dropout 0.5 in training needs a random stream",
    );
    const plain = headOf(K, { dropout: 0 });
    plain.logits(vectors, parameters, { training: true }).dispose();
    expect(() =>
      head.logits(tf.ones([B, 5]) as tf.Tensor2D, parameters, { training: false }),
    ).toThrow("weight has shape [2, 4], expected [O, 5]");
  });
});
