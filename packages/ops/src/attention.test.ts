import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import {
  type AttentionOptions,
  type AttentionSlots,
  type AttentionStates,
  attention,
} from "./attention.ts";
import { attentionIndex } from "./attention-index.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const index = attentionIndex(Int32Array.of(0, 2, 3), { heads: 2 }); // N 4, B 2, T 2

/** Runs attention on constant states of 4 columns; `change` replaces options. */
function run(
  states: (ones: (shape: [number, number]) => tf.Tensor2D) => AttentionStates,
  change: (options: AttentionOptions) => Partial<AttentionOptions> = () => ({}),
): number[] {
  return tf.tidy(() => {
    const options: AttentionOptions = {
      heads: 2,
      batch: 2,
      lengthTokens: 2,
      slots: {
        gather: tf.tensor1d(index.gather, "int32"),
        scatter: tf.tensor1d(index.scatter, "int32"),
        bias: tf.tensor4d(index.bias, [2, 1, 1, 2]),
      },
    };
    return [
      ...attention(
        states((shape) => tf.ones(shape)),
        { ...options, ...change(options) },
      ).dataSync(),
    ];
  });
}

it("returns the value that all tokens share", () => {
  const y = run((ones) => ({ q: ones([4, 4]), k: ones([4, 4]), v: tf.mul(ones([4, 4]), 3) }));
  expect(y.slice(0, 12)).toEqual(Array(12).fill(3));
});

it.each<[string, Parameters<typeof run>]>([
  [
    "q has shape [3, 4], expected [4, 4]",
    [(ones) => ({ q: ones([3, 4]), k: ones([4, 4]), v: ones([4, 4]) })],
  ],
  [
    "q has shape [4, 4], expected [2, 4]",
    [
      (ones) => ({ q: ones([4, 4]), k: ones([4, 4]), v: ones([4, 4]) }),
      () => ({ queries: "texts" }),
    ],
  ],
  [
    "3 columns can't be divided among 2 heads",
    [(ones) => ({ q: ones([4, 3]), k: ones([4, 3]), v: ones([4, 3]) })],
  ],
  [
    "gather has shape [8], expected [12]",
    [
      (ones) => ({ q: ones([4, 4]), k: ones([4, 4]), v: ones([4, 4]) }),
      () => ({ lengthTokens: 3 }),
    ],
  ],
  [
    "scatter is float32, expected int32",
    [
      (ones) => ({ q: ones([4, 4]), k: ones([4, 4]), v: ones([4, 4]) }),
      ({ slots }) => ({
        slots: { ...(slots as AttentionSlots), scatter: tf.zeros([8]) },
      }),
    ],
  ],
  [
    "without slots there must be 2 x 2 rows, k has 5",
    [
      (ones) => ({ q: ones([5, 4]), k: ones([5, 4]), v: ones([5, 4]) }),
      () => ({ slots: undefined }),
    ],
  ],
  [
    "positionBias has shape [1, 3, 2, 2], expected [1, 2, 2, 2]",
    [
      (ones) => ({ q: ones([4, 4]), k: ones([4, 4]), v: ones([4, 4]) }),
      () => ({ positionBias: tf.zeros([1, 3, 2, 2]) }),
    ],
  ],
  [
    "columns q 0, k 4, v 4 are not 0, 4 and 8 in some order",
    [(ones) => ({ qkv: ones([4, 12]), columns: { q: 0, k: 4, v: 4 } })],
  ],
])("says that %s", (message, [states, change]) => {
  const before = tf.memory().numTensors;
  expect(() => run(states, change)).toThrow(message);
  expect(tf.memory().numTensors).toBe(before);
});
