import { createRng } from "@espalier/core";
import {
  compile,
  createAdamW,
  disposeGradients,
  dropout,
  embedding,
  gelu,
  gradients,
  layerNorm,
  linear,
  type Optimizer,
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

const tensor = (values: number[]) => tf.tensor1d(values);

describe("a compiled function", () => {
  it("trains to the same bits as its code, which runs once a signature", () => {
    let runs = 0;
    const train = (compiled: boolean): Float32Array[] => {
      const rng = createRng(3);
      const variable = (...shape: number[]) =>
        tf.variable(
          tf.tensor(
            Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.uniform() - 0.5),
            shape,
          ),
        );
      const variables = {
        table: variable(11, 6),
        weight: variable(6, 6),
        bias: variable(6),
        gain: variable(6),
      };
      const code = ({ ids, target }: { ids: tf.Tensor; target: tf.Tensor }) => {
        runs++;
        const { table, weight, bias, gain } = variables as unknown as Record<string, tf.Tensor>;
        const found = gradients(() => {
          const x = embedding(table as tf.Tensor2D, ids as tf.Tensor1D);
          const y = gelu(linear(x, weight as tf.Tensor2D, bias as tf.Tensor1D), "erf");
          const z = layerNorm(y, gain as tf.Tensor1D, bias as tf.Tensor1D, 1e-5);
          return tf.sum(tf.squaredDifference(z, target)) as tf.Scalar;
        }, variables);
        return { loss: found.value as tf.Tensor, ...found.gradients };
      };
      const step = compiled ? compile(code) : (inputs: never) => tf.tidy(() => code(inputs));
      const optimizer = createAdamW(
        Object.entries(variables).map(([name, value]) => ({
          name,
          variable: value,
          weightDecay: 0.01,
        })),
      );
      const losses: number[] = [];
      for (let i = 0; i < 6; i++) {
        const rows = i % 2 === 0 ? 4 : 3;
        const inputs = {
          ids: tf.tensor1d(
            Array.from({ length: rows }, (_, k) => (i * 5 + k * 3) % 11),
            "int32",
          ),
          target: tf.ones([rows, 6]),
        };
        const { loss, ...found } = step(inputs as never);
        optimizer.step(found as never, 0.01, { alsoEvaluate: [loss as tf.Tensor] });
        losses.push((loss as tf.Tensor).dataSync()[0] as number);
        disposeGradients(found as never);
        tf.dispose([loss as tf.Tensor, ...Object.values(inputs)]);
      }
      const weights = Object.values(variables).map((v) => v.dataSync<"float32">().slice());
      optimizer.dispose();
      if ("dispose" in step) step.dispose();
      tf.dispose(Object.values(variables));
      return [Float32Array.from(losses), ...weights];
    };
    const plain = train(false);
    expect(runs).toBe(6);
    expect(train(true)).toEqual(plain);
    expect(runs).toBe(8);
  });

  it("reads and assigns variables anew at every call", () => {
    const count = tf.variable(tf.scalar(10));
    const factor = tf.variable(tf.scalar(2));
    const step = compile(({ x }: { x: tf.Tensor }) => {
      count.assign(tf.add(count, tf.sum(x)));
      return { y: tf.mul(x, factor), before: tf.mul(count, 1) };
    });
    const call = (values: number[]) =>
      tf.tidy(() => {
        const { y, before } = step({ x: tensor(values) });
        return [...y.dataSync(), before.dataSync()[0]];
      });
    expect(call([1, 2])).toEqual([2, 4, 13]);
    factor.assign(tf.scalar(3));
    expect(call([1, 2])).toEqual([3, 6, 16]);
    count.assign(tf.scalar(0));
    expect(call([5, 5])).toEqual([15, 15, 10]);
    expect(count.dataSync()[0]).toBe(10);
    expect(step.traces).toBe(1);
  });

  it("gives an input or a variable that it only passes on", () => {
    const kept = tf.variable(tensor([7]));
    const step = compile(({ x }: { x: tf.Tensor }) => ({ x, kept: kept as tf.Tensor }));
    const x = tensor([1, 2]);
    const out = step({ x });
    x.dispose();
    kept.assign(tensor([8]));
    expect([...out.x!.dataSync(), ...out.kept!.dataSync()]).toEqual([1, 2, 7]);
    tf.dispose(out);
  });

  it("holds no more tensors after many calls, and its constants until it is disposed", () => {
    const offset = tf.tidy(() => tf.add(tensor([1, 1]), 0));
    const step = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.add(tf.mul(x, 2), offset) }));
    const call = (): number[] => tf.tidy(() => [...step({ x: tensor([1, 2]) }).y.dataSync()]);
    expect(call()).toEqual([3, 5]);
    offset.dispose();
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 20; i++) {
      tf.tidy(() => tf.exp(tensor([i, i])).dataSync()); // writes into what the pool has
      expect(call()).toEqual([3, 5]);
    }
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    step.dispose();
    expect(step.traces).toBe(0);
  });

  it("keeps the traces that were used last", () => {
    const step = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) }), { maxTraces: 2 });
    for (const length of [1, 2, 3, 2, 4]) {
      const y = tf.tidy(() => step({ x: tf.ones([length]) }).y.dataSync());
      expect(y).toHaveLength(length);
    }
    expect(step.traces).toBe(2);
    expect(() => compile(() => ({}), { maxTraces: 0 })).toThrow("maxTraces is 0");
  });

  it("lets gradients through when they are taken of the call", () => {
    const step = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.square(x) }));
    const slope = tf.grad((x) => step({ x }).y)(tensor([3]));
    expect([...slope.dataSync()]).toEqual([6]);
  });

  it("is cancelled before anything is changed", () => {
    const count = tf.variable(tf.scalar(0));
    const step = compile(({ x }: { x: tf.Tensor }) => {
      count.assign(tf.add(count, x));
      return {};
    });
    step({ x: tf.scalar(1) });
    const call = () => step({ x: tf.scalar(1) }, { signal: AbortSignal.abort() });
    expect(call).toThrow(expect.objectContaining({ code: "ABORTED" }));
    expect(count.dataSync()[0]).toBe(1);
  });
});

describe("what can't be recorded is refused, and changes nothing", () => {
  let optimizer: Optimizer;
  const refusals: Record<string, [RegExp, (x: tf.Tensor, v: tf.Variable) => tf.Tensor]> = {
    "a read": [/a tensor is read/, (x) => tf.mul(x, x.dataSync()[0] as number)],
    "a read of a variable": [/a tensor is read/, (x, v) => tf.mul(x, v.dataSync()[0] as number)],
    dropout: [
      /a tensor of 2 host values is made/,
      (x) => dropout(x, { rate: 0.5, rng: createRng(1) }),
    ],
    "host values": [/a tensor of 2 host values is made/, (x) => tf.mul(x, tf.tensor1d([1, 2]))],
    "random numbers": [
      /a tensor of 2 host values is made/,
      (x) => tf.mul(x, tf.randomUniform([2])),
    ],
    "an operation on the host": [
      /operation Unique runs on the host/,
      (x) => tf.unique(x as tf.Tensor1D).values,
    ],
    "a variable of its own": [/creates a variable/, (x) => tf.variable(x)],
    "a kept tensor": [/keeps a tensor/, (x) => tf.mul(tf.keep(tf.exp(x)), 2)],
    "a step of an optimizer": [
      /a step of an optimizer/,
      (x) => {
        optimizer.step({ other: tf.mul(x, 1) }, 0.1);
        return x;
      },
    ],
  };
  it.each(Object.entries(refusals))("%s", (_name, [message, code]) => {
    const variable = tf.variable(tensor([4, 5]));
    const other = tf.variable(tensor([0, 0]));
    optimizer = createAdamW([{ name: "other", variable: other, weightDecay: 0 }]);
    const step = compile(({ x }: { x: tf.Tensor }) => {
      variable.assign(tf.add(variable, x));
      return { y: code(x, variable) };
    });
    const x = tensor([1, 2]);
    expect(() => step({ x })).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED", message: expect.stringMatching(message) }),
    );
    expect([...variable.dataSync()]).toEqual([4, 5]);
    expect([...tf.mul(x, 2).dataSync()]).toEqual([2, 4]);
    expect(backend.stats().launches).toBeGreaterThan(0);
  });
});
