import "@tensorflow/tfjs-backend-cpu";
import { createRng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { dropout } from "./dropout.ts";
import { gradients } from "./gradients.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

it.each([0.001, 0.1, 0.5, 0.9])("drops the share %d and keeps the expectation", (rate) => {
  const size = 400_000;
  const y = tf.tidy(() => dropout(tf.ones([size]), { rate, rng: createRng(1) }));
  const values = y.dataSync();
  y.dispose();
  const dropped = values.filter((value) => value === 0).length / size;
  const deviation = Math.sqrt((rate * (1 - rate)) / size);
  // A rate rounded to 1/256 would be off by 3 (at 0.1) or more deviations.
  expect(Math.abs(dropped - rate)).toBeLessThan(2.5 * deviation);
  const scale = Math.fround(1 / (1 - rate));
  expect(values.every((value) => value === 0 || Math.abs(value - scale) < 1e-6)).toBe(true);
});

it("gives the same mask for the same stream, another for another, and the same in the gradient", () => {
  const x = tf.variable(tf.ones([64]));
  const run = (seed: number): { y: number[]; dx: number[] } => {
    let y: number[] = [];
    const result = gradients(
      () => {
        const dropped = dropout(x, { rate: 0.4, rng: createRng(seed) });
        y = [...dropped.dataSync()];
        return tf.sum(dropped);
      },
      { x },
    );
    const dx = [...(result.gradients.x as tf.Tensor).dataSync()];
    tf.dispose([result.value, result.gradients]);
    return { y, dx };
  };
  expect(run(1)).toEqual(run(1));
  expect(run(1).y).not.toEqual(run(2).y);
  expect(run(1).dx).toEqual(run(1).y);
  x.dispose();
});

it("returns x itself at rate 0 and refuses a rate that is none", () => {
  const x = tf.ones([2]);
  expect(dropout(x, { rate: 0, rng: createRng(1) })).toBe(x);
  for (const rate of [-0.1, 1, Number.NaN]) {
    expect(() => dropout(x, { rate, rng: createRng(1) })).toThrow("expected 0 <= rate <= 255/256");
  }
  x.dispose();
});
