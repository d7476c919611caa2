import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { ParameterStore } from "./parameter-store.ts";

const WEIGHT = { name: "encoder.layer.0.query.weight", group: "encoder", layer: 0 } as const;
const BIAS = { name: "2_Dense.linear.bias", group: "pooler" } as const;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

function filled(): ParameterStore {
  const store = new ParameterStore();
  store.add(WEIGHT, { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
  store.add(BIAS, { shape: [2], data: Float32Array.of(7, 8) });
  return store;
}

it("keeps order, places and values", async () => {
  const store = filled();
  expect(store.paths()).toEqual([WEIGHT, BIAS]);
  expect(store.names()).toEqual([WEIGHT.name, BIAS.name]);
  expect(store.size()).toBe(8);
  expect(store.get(WEIGHT.name).shape).toEqual([2, 3]);
  expect(await store.values(WEIGHT.name)).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  expect(store.has("x")).toBe(false);
  store.dispose();
});

it("sets values without holding on to the caller's array", async () => {
  const store = filled();
  const variable = store.get(BIAS.name);
  const values = Float32Array.of(1, -1);
  store.set(BIAS.name, values);
  values[0] = 99;
  expect(store.get(BIAS.name)).toBe(variable);
  const read = await store.values(BIAS.name);
  expect(read).toEqual(Float32Array.of(1, -1));
  read[0] = 50;
  expect(await store.values(BIAS.name)).toEqual(Float32Array.of(1, -1));
  store.dispose();
});

it("replaces a parameter by one of another shape", async () => {
  const store = filled();
  const before = tf.memory().numTensors;
  store.replace(WEIGHT.name, { shape: [1, 3], data: Float32Array.of(4, 5, 6) });
  expect(store.get(WEIGHT.name).shape).toEqual([1, 3]);
  expect(store.names()).toEqual([WEIGHT.name, BIAS.name]);
  expect(tf.memory().numTensors).toBe(before);
  store.dispose();
});

it("names the parameter in every refusal", () => {
  const store = filled();
  expect(() => store.get("2_Dense.linear.bia")).toThrow('did you mean "2_Dense.linear.bias"?');
  expect(() => store.add(BIAS, { shape: [1], data: new Float32Array(1) })).toThrow(
    "2_Dense.linear.bias exists twice",
  );
  expect(() => store.set(BIAS.name, new Float32Array(3))).toThrow("shape [2], 2 values, got 3");
  expect(() => store.replace(BIAS.name, { shape: [4], data: new Float32Array(3) })).toThrow(
    "shape [4], 4 values, got 3",
  );
  store.dispose();
});

it("frees everything, and two stores may have the same names", () => {
  const before = tf.memory().numTensors;
  const stores = [filled(), filled()];
  for (const store of stores) store.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
