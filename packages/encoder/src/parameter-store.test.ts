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

it("does deferred work before a parameter is handed out, once", async () => {
  const store = filled();
  const variable = store.get(BIAS.name);
  let updates = 0;
  const defer = () =>
    store.defer(BIAS.name, () => {
      updates++;
      tf.tidy(() => variable.assign(tf.add(variable, 1)));
    });
  defer();
  store.get(WEIGHT.name);
  store.paths();
  store.size();
  expect(updates).toBe(0);
  expect(await store.values(BIAS.name)).toEqual(Float32Array.of(8, 9));
  expect(updates).toBe(1);
  store.get(BIAS.name);
  expect(updates).toBe(1);
  defer();
  store.entries();
  expect(updates).toBe(2);
  defer();
  store.set(BIAS.name, Float32Array.of(0, 0)); // the work is done first, so it can't spoil what is set
  expect(await store.values(BIAS.name)).toEqual(Float32Array.of(0, 0));
  defer();
  store.dispose();
  expect(updates).toBe(3);
});

it("names the parameter in every refusal", () => {
  const store = filled();
  expect(() => store.get("2_Dense.linear.bia")).toThrow('did you mean "2_Dense.linear.bias"?');
  expect(() => store.add(BIAS, { shape: [1], data: new Float32Array(1) })).toThrow(
    "2_Dense.linear.bias exists twice",
  );
  expect(() => store.set(BIAS.name, new Float32Array(3))).toThrow("shape [2], 2 values, got 3");
  store.dispose();
});

it("frees everything, and two stores may have the same names", () => {
  const before = tf.memory().numTensors;
  const stores = [filled(), filled()];
  for (const store of stores) store.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
