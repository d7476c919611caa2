import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { registerOnnxruntimeBackend } from "../src/index.ts";
import {
  check,
  compare,
  type Plain,
  type Run,
  shapes,
  some,
  tensorOf,
} from "./compare-with-cpu.ts";

beforeAll(() => registerOnnxruntimeBackend({ threads: 1 }));

/** Two shapes that broadcast: dimensions of the second are dropped from the left or set to 1. */
const broadcastPair = (dtype: tf.DataType) =>
  fc.tuple(shapes, fc.infiniteStream(fc.boolean()), fc.nat(4)).chain(([shape, ones, dropped]) => {
    const other = shape
      .slice(Math.min(dropped, shape.length))
      .map((n) => (ones.next().value ? 1 : n));
    return fc.tuple(tensorOf(shape, dtype), tensorOf(other, dtype));
  });

describe("elementwise, one operand", () => {
  const table: [string, (x: tf.Tensor) => tf.Tensor, tf.DataType[]][] = [
    ["abs", tf.abs, ["float32", "int32"]],
    ["neg", tf.neg, ["float32", "int32"]],
    ["sign", tf.sign, ["float32", "int32"]],
    ["square", tf.square, ["float32", "int32"]],
    ["relu", tf.relu, ["float32", "int32"]],
    ["floor", tf.floor, ["float32"]],
    ["round", tf.round, ["float32"]],
    ["exp", tf.exp, ["float32", "int32"]],
    ["expm1", tf.expm1, ["float32"]],
    ["log1p", (x) => tf.log1p(tf.abs(x)), ["float32"]],
    ["rsqrt", (x) => tf.rsqrt(tf.add(tf.abs(x), 0.5)), ["float32"]],
    ["tanh", tf.tanh, ["float32"]],
    ["sigmoid", tf.sigmoid, ["float32"]],
    ["erf", tf.erf, ["float32"]],
    ["elu", tf.elu, ["float32"]],
    ["selu", tf.selu, ["float32"]],
    ["softplus", tf.softplus, ["float32"]],
    ["step", (x) => tf.step(x, 0.25), ["float32"]],
    ["clip", (x) => tf.clipByValue(x, -1, 2), ["float32", "int32"]],
    ["logicalNot", (x) => tf.logicalNot(tf.cast(x, "bool")), ["bool"]],
    ["cast to bool", (x) => tf.cast(x, "bool"), ["float32", "int32"]],
    ["cast to int32", (x) => tf.cast(x, "int32"), ["float32", "bool"]],
    ["zerosLike", tf.zerosLike, ["float32", "int32", "bool"]],
  ];
  it.each(table)("%s", (_name, run, dtypes) =>
    check(
      some(...dtypes).map((x) => [x]),
      run as Run,
    ),
  );
});

describe("elementwise, two operands that broadcast", () => {
  const table: [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, tf.DataType[]][] = [
    ["add", tf.add, ["float32", "int32"]],
    ["sub", tf.sub, ["float32", "int32"]],
    ["mul", tf.mul, ["float32", "int32"]],
    ["div", (a, b) => tf.div(a, tf.add(tf.abs(b), 1)), ["float32"]],
    ["floorDiv", (a, b) => tf.floorDiv(a, tf.add(tf.abs(b), 1)), ["int32"]],
    ["mod", (a, b) => tf.mod(a, tf.add(tf.abs(b), 1)), ["float32", "int32"]],
    ["maximum", tf.maximum, ["float32", "int32"]],
    ["minimum", tf.minimum, ["float32", "int32"]],
    ["squaredDifference", tf.squaredDifference, ["float32", "int32"]],
    ["atan2", tf.atan2, ["float32"]],
    ["equal", tf.equal, ["float32", "int32", "bool"]],
    ["notEqual", tf.notEqual, ["float32", "int32", "bool"]],
    ["less", tf.less, ["float32", "int32", "bool"]],
    ["greaterEqual", tf.greaterEqual, ["float32", "int32", "bool"]],
    ["logicalAnd", tf.logicalAnd, ["bool"]],
    ["logicalOr", tf.logicalOr, ["bool"]],
  ];
  for (const [name, run, dtypes] of table) {
    it.each(dtypes)(`${name} of %s`, (dtype) => check(broadcastPair(dtype), run as Run));
  }
});

describe("reductions over any axis", () => {
  const withAxis = fc
    .tuple(
      shapes.filter((s) => s.length > 0 && !s.includes(0)),
      fc.nat(3),
      fc.boolean(),
    )
    .map(([shape, axis, keep]) => ({ shape, axis: axis % shape.length, keep }));
  const table: [string, (x: tf.Tensor, axis: number, keep: boolean) => tf.Tensor, tf.DataType][] = [
    ["sum", tf.sum, "float32"],
    ["sum", tf.sum, "bool"],
    ["mean", tf.mean, "float32"],
    ["max", tf.max, "float32"],
    ["max", tf.max, "int32"],
    ["min", tf.min, "float32"],
    ["prod", tf.prod, "int32"],
    ["all", (x, a, k) => tf.all(x, a, k), "bool"],
    ["any", (x, a, k) => tf.any(x, a, k), "bool"],
    ["argMax", (x, a) => tf.argMax(x, a), "float32"],
    ["argMin", (x, a) => tf.argMin(x, a), "int32"],
    ["cumsum", (x, a, k) => tf.cumsum(x, a, k, !k), "float32"],
    ["cumprod", (x, a, k) => tf.cumprod(x, a, k, false), "float32"],
    ["cumprod backwards", (x, a, k) => tf.cumprod(x, a, k, true), "int32"],
    ["reverse", (x, a) => tf.reverse(x, a), "bool"],
    ["softmax", (x) => tf.softmax(x), "float32"],
    ["logSoftmax", (x) => tf.logSoftmax(x), "float32"],
  ];
  it.each(table)("%s (%#)", async (_name, run, dtype) => {
    await fc.assert(
      fc.asyncProperty(
        withAxis.chain(({ shape, axis, keep }) =>
          fc.tuple(tensorOf(shape, dtype), fc.constant(axis), fc.constant(keep)),
        ),
        ([x, axis, keep]) => compare((t) => run(t!, axis, keep), [x]),
      ),
      { numRuns: 12, seed: 3 },
    );
  });
});

describe("NaN", () => {
  it("survives max and min, and is skipped by argMax", async () => {
    await tf.setBackend("onnxruntime");
    const x = tf.tensor2d([1, Number.NaN, 3, 4, 5, 6], [2, 3]);
    expect([...tf.max(x, 1).dataSync()]).toEqual([Number.NaN, 6]);
    expect([...tf.min(x, 1).dataSync()]).toEqual([Number.NaN, 4]);
    expect([...tf.argMax(x, 1).dataSync()]).toEqual([2, 2]);
    expect([...tf.maximum(x, 2).dataSync()]).toEqual([2, Number.NaN, 3, 4, 5, 6]);
  });
});

describe("multinomial", () => {
  const draw = (logits: number[][], normalized: boolean, samples = 20_000): number[][] =>
    tf.tidy(() =>
      tf.multinomial(tf.tensor2d(logits), samples, 7, normalized).arraySync(),
    ) as number[][];

  it("draws each class as often as its probability says, the same for the same seed", () => {
    const logits = [
      [0, 1, 2, -40],
      [3, -40, 0, 0],
    ];
    const drawn = draw(logits, false);
    expect(draw(logits, false)).toEqual(drawn);
    logits.forEach((row, r) => {
      const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
      row.forEach((x, k) => {
        const p = Math.exp(x) / total;
        const share = drawn[r]!.filter((one) => one === k).length / 20_000;
        expect(Math.abs(share - p)).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / 20_000));
      });
    });
  });

  it("takes probabilities, and never draws a class without any", () => {
    const [first, last] = draw(
      [
        [0, 1, 0],
        [0, 0, 1],
      ],
      true,
      50,
    ) as [number[], number[]];
    expect(new Set(first)).toEqual(new Set([1]));
    expect(new Set(last)).toEqual(new Set([2]));
  });
});

describe("products and layout", () => {
  // The cpu backend does not broadcast an empty batch.
  const dims = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(4), fc.nat(4), fc.nat(4));
  it("matMul with every transpose, batches and empty dimensions", async () => {
    const arbitrary = fc
      .tuple(dims, fc.boolean(), fc.boolean())
      .chain(([[b, m, k, n], ta, tb]) =>
        fc.tuple(
          tensorOf(ta ? [b, k, m] : [b, m, k], "float32"),
          tensorOf(tb ? [1, n, k] : [1, k, n], "float32"),
          fc.constant([ta, tb] as const),
        ),
      );
    await fc.assert(
      fc.asyncProperty(arbitrary, ([a, b, [ta, tb]]) =>
        compare((x, y) => tf.matMul(x as tf.Tensor3D, y as tf.Tensor3D, ta, tb), [a, b]),
      ),
      { numRuns: 30, seed: 5 },
    );
  });

  const x = { shape: [2, 3, 4], dtype: "float32" as const, values: [...Array(24).keys()] };
  const ids = (values: number[], shape = [values.length]) => ({
    shape,
    dtype: "int32" as const,
    values,
  });
  const table: [string, Plain[], Run][] = [
    ["transpose", [x], (t) => tf.transpose(t!, [2, 0, 1])],
    ["slice", [x], (t) => tf.slice(t!, [0, 1, 1], [2, 2, -1])],
    ["stridedSlice", [x], (t) => tf.stridedSlice(t!, [0, 2, 3], [2, 0, 0], [1, -1, -2])],
    ["concat", [x, x], (a, b) => tf.concat([a!, b!], 1)],
    ["stack", [x, x], (a, b) => tf.stack([a!, b!], -1)],
    ["unstack", [x], (t) => tf.unstack(t!, 1)],
    ["split", [x], (t) => tf.split(t!, [1, 3], 2)],
    [
      "pad",
      [x],
      (t) =>
        tf.pad(
          t!,
          [
            [1, 0],
            [0, 2],
            [0, 0],
          ],
          0.5,
        ),
    ],
    [
      "mirrorPad",
      [x],
      (t) =>
        tf.mirrorPad(
          t!,
          [
            [1, 0],
            [2, 1],
            [0, 3],
          ],
          "reflect",
        ),
    ],
    ["tile", [x], (t) => tf.tile(t!, [1, 2, 3])],
    ["gather", [x, ids([2, 0, 2])], (t, i) => tf.gather(t!, i!, 1)],
    ["gather by batch", [x, ids([3, 0, 1, 2, 2, 2], [2, 3])], (t, i) => tf.gather(t!, i!, 2, 1)],
    ["gatherND", [x, ids([1, 2, 0, 1], [2, 2])], (t, i) => tf.gatherND(t!, i!)],
    [
      "unsortedSegmentSum",
      [x, ids([1, 1])],
      (t, i) => tf.unsortedSegmentSum(t!, i as tf.Tensor1D, 3),
    ],
    [
      "scatterND adds repeated rows",
      [ids([1, 1, 0], [3, 1]), ids([5, 6, 7])],
      (i, u) => tf.scatterND(i!, u!, [4]),
    ],
    [
      "scatterND of slices at two positions",
      [ids([1, 2, 0, 1, 1, 2], [3, 2]), { ...x, shape: [3, 4], values: [...Array(12).keys()] }],
      (i, u) => tf.scatterND(i!, u!, [2, 3, 4]),
    ],
    [
      "tensorScatterUpdate of slices at two positions",
      [x, ids([1, 2, 0, 1], [2, 2]), { ...x, shape: [2, 4], values: [...Array(8).keys()] }],
      (t, i, u) => tf.tensorScatterUpdate(t!, i!, u!),
    ],
    [
      "tensorScatterUpdate",
      [x, ids([1], [1, 1]), { ...x, shape: [1, 3, 4], values: [...Array(12).keys()] }],
      (t, i, u) => tf.tensorScatterUpdate(t!, i!, u!),
    ],
    ["oneHot", [ids([2, 0, 5])], (i) => tf.oneHot(i!, 4, 2, -1)],
    ["topk", [x], (t) => Object.values(tf.topk(t!, 2))],
    ["where", [x], (t) => tf.where(tf.greater(t!, 7), t!, tf.neg(t!))],
    ["einsum", [x, x], (a, b) => tf.einsum("bij,bkj->bik", a!, b!)],
    [
      "batchNorm",
      [x],
      (t) =>
        tf.batchNorm(
          t!,
          tf.mean(t!, [0, 1]),
          tf.tensor1d([1, 2, 3, 4]),
          tf.ones([4]),
          tf.ones([4]),
        ),
    ],
    ["addN", [x, x], (a, b) => tf.addN([a!, b!, a!])],
    [
      "complex numbers go through the host",
      [x],
      (t) => tf.abs(tf.fft(tf.complex(t!, tf.zerosLike(t!)))),
    ],
    [
      "a kernel without ONNX operator",
      [{ shape: [2, 2, 2, 1], dtype: "float32", values: [...Array(8).keys()] }],
      (t) => tf.image.rotateWithOffset(t as tf.Tensor4D, 0.5),
    ],
  ];
  it.each(table)("%s", (_name, inputs, run) => compare(run, inputs));

  it("refuses known indices outside of the tensor when the operation is recorded", async () => {
    await tf.setBackend("onnxruntime");
    expect(() => tf.gather(tf.tensor1d([1, 2]), tf.tensor1d([2], "int32"))).toThrow(
      "index value 2",
    );
  });
});
