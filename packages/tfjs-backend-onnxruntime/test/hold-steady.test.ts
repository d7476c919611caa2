import { createAdamW, holdSteady, linear, linearGelu } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeEach, expect, it } from "vitest";
import type { OnnxruntimeBackend } from "../src/index.ts";
import { freshBackend } from "./fresh-backend.ts";

let backend: OnnxruntimeBackend;
beforeEach(async () => {
  backend = await freshBackend();
});

const ones = (rows: number) => tf.ones<tf.Rank.R2>([rows, 3]);
const run = (weight: tf.Variable, rows = 2): number =>
  tf.tidy(() => linear(ones(rows), weight as unknown as tf.Tensor2D).dataSync()[0] as number);

it("builds weights into the graph until they are assigned", () => {
  const weight = tf.variable(tf.fill([4, 3], 2));
  weight.dataSync();
  expect(run(weight)).toBe(6);
  expect(run(weight, 5)).toBe(6);
  holdSteady([weight]);
  const before = backend.stats().compiles;
  expect([run(weight), run(weight, 7), run(weight, 9)]).toEqual([6, 6, 6]);
  expect(backend.stats().compiles).toBe(before + 1); // knows already which dimensions vary
  weight.assign(tf.fill([4, 3], 5));
  weight.dataSync(); // else its fill would be part of the graph below
  expect([run(weight), run(weight, 7)]).toEqual([15, 15]);
  expect(backend.stats().compiles).toBe(before + 1);
  weight.dispose();
});

it("builds in the weights of a product whose bias comes later", () => {
  const weight = tf.variable(tf.fill<tf.Rank.R2>([4, 3], 2));
  const bias = tf.variable(tf.zeros<tf.Rank.R1>([4]));
  for (const variable of [weight, bias]) variable.dataSync();
  const before = backend.stats().compiles;
  const value = (): number =>
    tf.tidy(
      () => linearGelu(ones(2), weight as never, bias as never, "erf").dataSync()[0] as number,
    );
  expect(value()).toBeCloseTo(6, 5);
  holdSteady([weight]);
  expect(value()).toBeCloseTo(6, 5);
  expect(backend.stats().compiles).toBe(before + 2);
  tf.dispose([weight, bias]);
});

it("tells other weights of the same shape apart", () => {
  const [a, b] = [1, 10].map((value) => tf.variable(tf.fill([4, 3], value))) as [
    tf.Variable,
    tf.Variable,
  ];
  for (const variable of [a, b]) variable.dataSync();
  holdSteady([a, b]);
  expect([run(a), run(b), run(a)]).toEqual([3, 30, 3]);
  tf.dispose([a, b]);
});

it("leaves alone what an optimizer writes into, and what has no values yet", () => {
  const weight = tf.variable(tf.fill([4, 3], 1));
  const optimizer = createAdamW([{ name: "weight", variable: weight, weightDecay: 0 }]);
  holdSteady([weight]);
  expect(run(weight)).toBe(3);
  const gradient = tf.ones([4, 3]);
  optimizer.step({ weight: gradient }, 0.5);
  expect(run(weight)).toBeCloseTo(1.5, 5);
  optimizer.dispose();
  const lazy = tf.variable(tf.tidy(() => tf.mul(weight, 2)));
  holdSteady([lazy]);
  expect(run(lazy)).toBeCloseTo(3, 5);
  tf.dispose([weight, lazy, gradient]);
});

it("counts weights that are part of graphs in what the graphs may hold", async () => {
  const bytes = 64 * 64 * 4;
  backend = await freshBackend({ maxSessionBytes: 1.5 * bytes });
  const weight = tf.variable(tf.fill([64, 64], 0.5));
  weight.dataSync();
  holdSteady([weight]);
  const product = () => linear(tf.ones([2, 64]), weight as unknown as tf.Tensor2D);
  const first = (): number => tf.tidy(() => product().dataSync()[0] as number);
  const negated = (): number => tf.tidy(() => tf.neg(product()).dataSync()[0] as number);
  expect(first()).toBe(32);
  const { sessionBytes, sessions } = backend.stats();
  expect(sessionBytes).toBeGreaterThanOrEqual(bytes);
  expect(negated()).toBe(-32);
  expect(backend.stats().sessions).toBeLessThanOrEqual(sessions);
  expect(backend.stats().sessionBytes).toBeLessThan(2 * bytes);
  const { compiles } = backend.stats();
  expect(first()).toBe(32); // was dropped, so it is compiled again
  expect(backend.stats().compiles).toBe(compiles + 1);
  weight.dispose();
});
