import { POOLING_MODES, type PoolingMode } from "@espalier/checkpoint";
import { createRng } from "@espalier/core";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { packBatch, packedFeed } from "./packed-batch.ts";
import { pool, readsOneToken } from "./pooling.ts";

const LENGTHS = [5, 1, 0, 9];
const WIDTH = 3;
const batch = packBatch(
  LENGTHS.map((length) => ({ ids: new Int32Array(length).fill(1) })),
  { heads: 1, promptTokens: 2 },
);
const rows = batch.ids.length;
const rng = createRng(5);
const values = Float32Array.from({ length: rows * WIDTH }, () => rng.normal());

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** The definition, text by text. */
function expected(mode: PoolingMode, includePrompt: boolean): number[] {
  return LENGTHS.flatMap((length, b) => {
    const all = Array.from({ length }, (_, t) => {
      const at = ((batch.starts[b] as number) + t) * WIDTH;
      return Array.from(values.subarray(at, at + WIDTH));
    });
    const skipped = includePrompt ? 0 : 2;
    const tokens = all.slice(skipped);
    const column = (d: number) => tokens.map((token) => token[d] as number);
    const weights = tokens.map((_, t) => t + skipped + 1);
    const sum = (x: number[]) => x.reduce((total, value) => total + value, 0);
    const pooled = (d: number): number => {
      if (mode === "cls") return (tokens[0] ?? all[0])?.[d] ?? 0;
      if (tokens.length === 0) return 0;
      if (mode === "lasttoken") return tokens.at(-1)?.[d] as number;
      if (mode === "max") return Math.max(...column(d));
      if (mode === "mean") return sum(column(d)) / tokens.length;
      if (mode === "mean_sqrt_len_tokens") return sum(column(d)) / Math.sqrt(tokens.length);
      return sum(column(d).map((x, t) => x * (weights[t] as number))) / sum(weights);
    };
    return Array.from({ length: WIDTH }, (_, d) => pooled(d));
  });
}

describe.each(POOLING_MODES)("%s", (mode) => {
  it.each([true, false])("by its definition, prompt included: %s", async (includePrompt) => {
    const pooling = { kind: "Pooling", dimension: WIDTH, modes: [mode], includePrompt } as const;
    const pooled = tf.tidy(() =>
      pool(tf.tensor2d(values, [rows, WIDTH]), packedFeed(batch), pooling),
    );
    const wanted = expected(mode, includePrompt);
    for (const [i, x] of (await pooled.data()).entries())
      expect(x).toBeCloseTo(wanted[i] as number, 6);
    pooled.dispose();
  });

  it("sends its gradient to the tokens it read, and nothing to dummy rows", async () => {
    const pooling = {
      kind: "Pooling",
      dimension: WIDTH,
      modes: [mode],
      includePrompt: true,
    } as const;
    const weights = tf.tensor2d(
      Float32Array.from({ length: LENGTHS.length * WIDTH }, (_, i) => i + 1),
      [LENGTHS.length, WIDTH],
    );
    const loss = (states: tf.Tensor): tf.Scalar =>
      tf.sum(tf.mul(pool(states as tf.Tensor2D, packedFeed(batch), pooling), weights));
    const states = tf.tensor2d(values, [rows, WIDTH]);
    const gradient = tf.grad(loss)(states);
    const actual = await gradient.data();
    const at = async (changed: Float32Array) => {
      const x = tf.tensor2d(changed, [rows, WIDTH]);
      const [y] = await tf.tidy(() => loss(x)).data();
      x.dispose();
      return y as number;
    };
    for (let i = 0; i < values.length; i++) {
      const step = 1e-2;
      const [up, down] = [values.slice(), values.slice()];
      up[i] = (up[i] as number) + step;
      down[i] = (down[i] as number) - step;
      expect(actual[i]).toBeCloseTo(((await at(up)) - (await at(down))) / (2 * step), 2);
    }
    const used = batch.starts[LENGTHS.length] as number;
    if (mode !== "max") expect(actual.subarray(used * WIDTH).every((x) => x === 0)).toBe(true);
    tf.dispose([weights, states, gradient]);
  });
});

it("concatenates in the order given, and knows when one token is enough", async () => {
  const pooling = (modes: PoolingMode[]) =>
    ({ kind: "Pooling", dimension: WIDTH, modes, includePrompt: true }) as const;
  const states = tf.tensor2d(values, [rows, WIDTH]);
  const pooled = tf.tidy(() => pool(states, packedFeed(batch), pooling(["max", "cls"])));
  expect(pooled.shape).toEqual([LENGTHS.length, 2 * WIDTH]);
  const data = await pooled.data();
  expect(data[WIDTH]).toBe(values[0]);
  tf.dispose([states, pooled]);
  expect(readsOneToken(pooling(["cls"]))).toBe("cls");
  expect(readsOneToken(pooling(["lasttoken"]))).toBe("lasttoken");
  expect(readsOneToken(pooling(["mean"]))).toBeUndefined();
  expect(readsOneToken(pooling(["cls", "lasttoken"]))).toBeUndefined();
});
