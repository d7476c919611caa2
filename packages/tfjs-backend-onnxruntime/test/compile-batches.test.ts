import { createRng } from "@espalier/core";
import {
  type BatchFeed,
  compileBatches,
  dropout,
  fedStream,
  feedOf,
  gelu,
  gradients,
  linear,
  type RandomStream,
} from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OnnxruntimeBackend } from "../src/index.ts";
import { freshBackend } from "./fresh-backend.ts";

let backend: OnnxruntimeBackend;
beforeEach(async () => {
  backend = await freshBackend();
});
afterEach(() => tf.disposeVariables());

interface Batch {
  readonly rows: number;
  readonly columns: number;
}
type Sizes = { readonly rows: number; readonly columns: number };
type Feed = BatchFeed<Batch, Sizes>;

const sizesOf = ({ rows, columns }: Batch): Sizes => ({ rows, columns });
const wayOf = (): string => "the only one";
const numbers = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i + count));

/** Two texts' worth of everything that depends on sizes: reshapes, slices' ends, sums, a gather. */
function code(feed: Feed): { sum: tf.Tensor; gathered: tf.Tensor; flat: tf.Tensor } {
  const { rows, columns } = feed.sizes;
  const x = feed.array<tf.Rank.R2>("float32", [rows, columns], (b) => numbers(b.rows * b.columns));
  const index = feed.array<tf.Rank.R1>("int32", [rows * columns], (b) =>
    Int32Array.from({ length: b.rows * b.columns }, (_, i) => b.rows * b.columns - 1 - i),
  );
  const flat = tf.reshape(x, [rows * columns]);
  return {
    sum: tf.sum(tf.mul(x, 2), 1, true),
    gathered: tf.reshape(tf.gather(flat, index), [columns, rows]),
    flat: tf.concat([flat, tf.reshape(tf.transpose(x), [rows * columns])]),
  };
}

const BATCHES: readonly Batch[] = [
  { rows: 2, columns: 3 },
  { rows: 5, columns: 1 },
  { rows: 1, columns: 4 },
  { rows: 1, columns: 1 },
  { rows: 3, columns: 3 },
  { rows: 2, columns: 3 },
];

describe("a compiled function of batches", () => {
  it("gives what its code gives for batches of any size, from one recording", () => {
    let runs = 0;
    const counted = (feed: Feed) => {
      runs++;
      return code(feed);
    };
    const compiled = compileBatches(counted, { sizesOf, wayOf });
    const tensors = tf.memory().numTensors;
    for (const batch of BATCHES) {
      const given = compiled(batch);
      const expected = tf.tidy(() => code(feedOf(batch, sizesOf(batch))));
      for (const name of ["sum", "gathered", "flat"] as const) {
        expect(given[name].shape).toEqual(expected[name].shape);
        expect(given[name].dataSync()).toEqual(expected[name].dataSync());
      }
      tf.dispose([given, expected]);
    }
    expect(runs).toBe(2); // once with each set of made-up sizes
    expect(compiled.traces).toBe(1);
    expect(tf.memory().numTensors).toBe(tensors);
    compiled.dispose();
  });

  it("records gradients as well, to the bits of the code", () => {
    const weight = tf.variable(tf.tensor2d(numbers(12), [3, 4]));
    const bias = tf.variable(tf.tensor1d([0.1, 0.2, 0.3]));
    const step = (feed: Feed): Record<string, tf.Tensor> => {
      const { rows } = feed.sizes;
      const x = feed.array<tf.Rank.R2>("float32", [rows, 4], (b) => numbers(b.rows * 4));
      const target = feed.array<tf.Rank.R2>("float32", [rows, 3], (b) => numbers(b.rows * 3));
      const found = gradients(
        () => {
          const y = gelu(linear(x, weight as unknown as tf.Tensor2D, bias as never), "erf");
          return tf.sum(tf.squaredDifference(y, target)) as tf.Scalar;
        },
        { weight, bias },
      );
      return { loss: found.value, ...(found.gradients as Record<string, tf.Tensor>) };
    };
    const compiled = compileBatches(step, { sizesOf, wayOf });
    for (const batch of BATCHES) {
      const [given, expected] = [compiled(batch), step(feedOf(batch, sizesOf(batch)))];
      for (const name of ["loss", "weight", "bias"]) {
        expect(given[name]?.dataSync()).toEqual(expected[name]?.dataSync());
      }
      tf.dispose([given, expected]);
      weight.assign(tf.mul(weight, 0.9)); // later calls read the new values
    }
  });

  it("draws the masks of dropout for each batch, from the batch's stream", () => {
    const code = (feed: Feed, rng: RandomStream) => {
      const x = feed.array<tf.Rank.R2>("float32", [feed.sizes.rows, 4], (b) => numbers(b.rows * 4));
      return {
        y: dropout(dropout(x, { rate: 0.3, rng: rng.fork("a") }), {
          rate: 0.5,
          rng: rng.fork("b"),
        }),
      };
    };
    const streamOf = ({ rows }: Batch) => createRng(rows);
    const compiled = compileBatches((feed: Feed) => code(feed, fedStream(feed, streamOf)), {
      ...{ sizesOf, wayOf },
    });
    for (const batch of BATCHES) {
      const [given, expected] = [
        compiled(batch).y,
        code(feedOf(batch, sizesOf(batch)), streamOf(batch)).y,
      ];
      expect(given.dataSync()).toEqual(expected.dataSync());
      expect(given.dataSync()).toContain(0);
    }
  });

  it("uses the memory of a mask again only when it has been read", () => {
    const rate = 0.5;
    const streamOf = ({ columns }: Batch) => createRng(columns);
    const compiled = compileBatches(
      (feed: Feed) => {
        const x = feed.array<tf.Rank.R1>("float32", [feed.sizes.rows], (b) => numbers(b.rows));
        return { y: dropout(x, { rate, rng: fedStream(feed, streamOf) }) };
      },
      { sizesOf, wayOf },
    );
    // Of sizes that share buffers; read only when all are recorded, and after others were read.
    const batches = [1000, 1001, 998, 1000].map((rows, columns) => ({ rows, columns }));
    const expected = batches.map((batch) =>
      tf.tidy(() => {
        const options = { rate, rng: streamOf(batch) };
        return dropout(tf.tensor1d(numbers(batch.rows)), options).dataSync();
      }),
    );
    for (let round = 0; round < 3; round++) {
      const outputs = batches.map((batch) => compiled(batch).y);
      for (const [i, output] of outputs.entries()) {
        expect(output.dataSync()).toEqual(expected[i]);
      }
      tf.dispose(outputs);
    }
  });

  it("keeps one recording a way through the code", () => {
    const compiled = compileBatches((feed: Feed) => ({ ones: tf.fill([feed.sizes.rows, 1], 1) }), {
      sizesOf,
      wayOf: ({ columns }: Batch) => columns > 2,
    });
    for (const batch of BATCHES) expect(compiled(batch).ones.shape).toEqual([batch.rows, 1]);
    expect(compiled.traces).toBe(2);
  });

  it("compiles a graph that serves later sizes", () => {
    const compiled = compileBatches(code, { sizesOf, wayOf });
    const compiles = BATCHES.map((batch) => {
      const outputs = compiled(batch);
      outputs.sum.dataSync();
      tf.dispose(outputs);
      return backend.stats().compiles;
    });
    expect(compiles.at(-1)).toBe(compiles[2]);
  });

  it("says so when the code depends on sizes by more than products", () => {
    const messages: [name: string, code: (feed: Feed) => tf.Tensor, message: string][] = [
      ["a sum", ({ sizes }) => tf.fill([sizes.rows + 1], 1), "a dimension is 1010 and 1014"],
      [
        "a factor",
        ({ sizes }) => tf.mul(tf.fill([2], 1), sizes.rows),
        "a constant of shape [] differs",
      ],
      [
        "a choice",
        ({ sizes }) => (sizes.rows > 1010 ? tf.fill([2], 1) : tf.exp(tf.fill([2], 1))),
        "operations: 2 and 1",
      ],
    ];
    for (const [name, fn, message] of messages) {
      const compiled = compileBatches((feed: Feed) => ({ y: fn(feed) }), { sizesOf, wayOf });
      expect(() => compiled({ rows: 2, columns: 2 }), name).toThrow(
        `compile: the function depends on sizes in a way that can't be recorded; for two sets of them, ${message}`,
      );
    }
  });

  it("names an array that does not fit its shape, and works afterwards", () => {
    const compiled = compileBatches(
      (feed: Feed) => ({
        y: tf.neg(feed.array<tf.Rank.R1>("float32", [feed.sizes.rows], (b) => numbers(b.columns))),
      }),
      { sizesOf, wayOf },
    );
    const tensors = tf.memory().numTensors;
    expect(() => compiled({ rows: 3, columns: 2 })).toThrow(
      "an array of a batch has 2 numbers, its shape is [3]",
    );
    expect(tf.memory().numTensors).toBe(tensors);
    expect(compiled({ rows: 2, columns: 2 }).y.dataSync()).toEqual(numbers(2).map((x) => -x));
  });

  it("tells sizes from constants that hold the same primes", () => {
    const compiled = compileBatches(
      (feed: Feed) => ({
        y: tf.fill([feed.sizes.rows, 1009], 1),
        z: tf.fill([feed.sizes.rows, 1013], 1),
        c: tf.fill([1009], 1),
      }),
      { sizesOf, wayOf },
    );
    const { y, z, c } = compiled({ rows: 2, columns: 7 });
    expect([y.shape, z.shape, c.shape]).toEqual([[2, 1009], [2, 1013], [1009]]);
  });
});
