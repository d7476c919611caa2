import { registerCoreGradients } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { registerOnnxruntimeBackend } from "../src/index.ts";
import { compare, type Plain, type Run, shapes, tensorOf } from "./compare-with-cpu.ts";

beforeAll(() => {
  registerOnnxruntimeBackend({ threads: 1 });
  registerCoreGradients();
  // As TensorFlow.js has them; its Node build registers none.
  tf.registerGradient({
    kernelName: "SpaceToBatchND",
    gradFunc: (dy, _saved, attrs) => {
      const { blockShape, paddings } = attrs as { blockShape: number[]; paddings: number[][] };
      return { x: () => tf.batchToSpaceND(dy as tf.Tensor, blockShape, paddings) };
    },
  });
  tf.registerGradient({
    kernelName: "BatchToSpaceND",
    gradFunc: (dy, _saved, attrs) => {
      const { blockShape, crops } = attrs as { blockShape: number[]; crops: number[][] };
      return { x: () => tf.spaceToBatchND(dy as tf.Tensor, blockShape, crops) };
    },
  });
});

const upTo = (max: number, min = 0) => fc.integer({ min, max });
const dtypes = fc.constantFrom<tf.DataType>("float32", "int32", "bool");

/** An operation and what it is run on. */
interface Case {
  readonly inputs: Plain[];
  readonly run: Run;
}

const checkCases = (cases: fc.Arbitrary<Case>): Promise<void> =>
  fc.assert(
    fc.asyncProperty(cases, ({ inputs, run }) => compare(run, inputs)),
    { numRuns: 30, seed: 11 },
  );

/** The gradient of an operation where each element of its result counts differently. */
const gradient =
  (run: (x: tf.Tensor) => tf.Tensor): Run =>
  (x) =>
    tf.grad((input) => {
      const y = run(input);
      return tf.mul(y, tf.reshape(tf.range(1, y.size + 1), y.shape));
    })(x as tf.Tensor);

describe("space, batch and depth", () => {
  /** Blocks along one or two axes, and what is padded or cropped there. */
  const blocks = fc.array(fc.record({ block: upTo(3, 1), before: upTo(2), places: upTo(3, 1) }), {
    minLength: 1,
    maxLength: 2,
  });

  /** An image of which whole blocks are left when it is padded. */
  const spaces = fc
    .tuple(blocks, upTo(2), fc.array(upTo(2), { maxLength: 1 }), dtypes)
    .chain(([axes, batch, rest, dtype]) => {
      const paddings = axes.map(({ block, before, places }) => {
        const size = Math.max(0, places * block - before);
        return { size, padding: [before, places * block - before - size] };
      });
      const shape = [batch, ...paddings.map(({ size }) => size), ...rest];
      return tensorOf(shape, dtype).map((x) => ({
        x,
        blockShape: axes.map(({ block }) => block),
        paddings: paddings.map(({ padding }) => padding.map((n) => Math.max(0, n))),
        possible: paddings.every(({ padding }) => (padding[1] as number) >= 0),
      }));
    });
  const possible = spaces.filter((space) => space.possible);

  it("spaceToBatchND", () =>
    checkCases(
      possible.map(({ x, blockShape, paddings }) => ({
        inputs: [x],
        run: (t) => tf.spaceToBatchND(t as tf.Tensor, blockShape, paddings),
      })),
    ));

  const batches = fc
    .tuple(blocks, upTo(2), fc.array(upTo(2), { maxLength: 1 }), dtypes)
    .chain(([axes, batch, rest, dtype]) => {
      const block = axes.reduce((product, axis) => product * axis.block, 1);
      const shape = [batch * block, ...axes.map(({ places }) => places), ...rest];
      return tensorOf(shape, dtype).map((x) => ({
        x,
        blockShape: axes.map((axis) => axis.block),
        crops: axes.map((axis) => {
          const before = Math.min(axis.before, axis.places * axis.block);
          return [before, Math.min(1, axis.places * axis.block - before)];
        }),
      }));
    });
  it("batchToSpaceND", () =>
    checkCases(
      batches.map(({ x, blockShape, crops }) => ({
        inputs: [x],
        run: (t) => tf.batchToSpaceND(t as tf.Tensor, blockShape, crops),
      })),
    ));

  const image: Plain = { shape: [4, 4, 4, 2], dtype: "float32", values: [...Array(128).keys()] };
  const padding = [
    [2, 0],
    [1, 1],
  ];
  const gradients: [string, (x: tf.Tensor) => tf.Tensor][] = [
    ["spaceToBatchND", (x) => tf.spaceToBatchND(x, [2, 3], padding)],
    ["batchToSpaceND", (x) => tf.batchToSpaceND(x, [2, 2], padding)],
  ];
  it.each(gradients)("the gradient of %s", (_name, run) => compare(gradient(run), [image]));

  it("refuses crops that leave less than nothing or more than all when it is recorded", async () => {
    await tf.setBackend("onnxruntime");
    const crop = (begin: number, end: number) => () =>
      tf.tidy(() => {
        const crops = [
          [begin, end],
          [0, 0],
        ];
        return tf.batchToSpaceND(tf.ones([4, 2, 2, 1]), [2, 2], crops);
      });
    expect(crop(9, 0)).toThrow("slice() size");
    expect(crop(0, -1)).toThrow("slice4D");
  });

  const depths = fc.tuple(upTo(2), upTo(3), upTo(3), upTo(3), upTo(3, 2));
  it("depthToSpace", () =>
    checkCases(
      depths.chain(([batch, height, width, depth, block]) =>
        tensorOf([batch, height, width, depth * block ** 2], "float32").map((x) => ({
          inputs: [x],
          run: (t) => tf.depthToSpace(t as tf.Tensor4D, block),
        })),
      ),
    ));

  it("depthToSpace of NCHW is that of NHWC with the axes moved", async () => {
    await tf.setBackend("onnxruntime");
    tf.tidy(() => {
      const x = tf.reshape(tf.range(0, 2 * 8 * 3 * 2), [2, 8, 3, 2]) as tf.Tensor4D;
      const moved = tf.transpose(x, [0, 2, 3, 1]);
      const expected = tf.transpose(tf.depthToSpace(moved as tf.Tensor4D, 2), [0, 3, 1, 2]);
      const actual = tf.depthToSpace(x, 2, "NCHW");
      expect(actual.shape).toEqual(expected.shape);
      expect([...actual.dataSync()]).toEqual([...expected.dataSync()]);
    });
  });
});

describe("mirrors and diagonals", () => {
  it("flipLeftRight", () =>
    checkCases(
      fc
        .array(upTo(3), { minLength: 4, maxLength: 4 })
        .chain((shape) => tensorOf(shape, "float32"))
        .map((x) => ({ inputs: [x], run: (t) => tf.image.flipLeftRight(t as tf.Tensor4D) })),
    ));

  it("diag", () =>
    checkCases(
      fc
        .tuple(fc.array(upTo(3), { maxLength: 2 }), dtypes)
        .chain(([shape, dtype]) => tensorOf(shape, dtype))
        .map((x) => ({ inputs: [x], run: (t) => tf.diag(t as tf.Tensor) })),
    ));

  it("bitwiseAnd", () =>
    checkCases(
      shapes
        .chain((shape) => fc.tuple(tensorOf(shape, "int32"), tensorOf(shape, "int32")))
        .map((inputs) => ({
          inputs,
          run: (a, b) => tf.bitwiseAnd(a as tf.Tensor, b as tf.Tensor),
        })),
    ));
});

describe("counts", () => {
  const numbers = (shape: number[]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return fc
      .array(upTo(6), { minLength: length, maxLength: length })
      .map((values): Plain => ({ shape, dtype: "int32", values }));
  };
  const weighted = (shape: number[]) =>
    fc
      .tuple(fc.boolean(), fc.constantFrom<tf.DataType>("float32", "int32"))
      .chain(([given, dtype]) => tensorOf(given ? shape : [0], dtype));

  /** Also of numbers that are not known while the operation is recorded. */
  const maybeComputed = (x: tf.Tensor, isComputed: boolean): tf.Tensor =>
    isComputed ? tf.sub(tf.add(x, tf.onesLike(x)), tf.onesLike(x)) : x;

  it("bincount, with numbers that are too large", () =>
    checkCases(
      fc
        .tuple(fc.array(upTo(4), { maxLength: 1 }), upTo(8), fc.boolean())
        .chain(([shape, size, isComputed]) =>
          fc.tuple(numbers(shape), weighted(shape)).map((inputs) => ({
            inputs,
            run: (x, w) =>
              tf.bincount(
                maybeComputed(x as tf.Tensor, isComputed) as tf.Tensor1D,
                w as tf.Tensor1D,
                size,
              ),
          })),
        ),
    ));

  it("denseBincount of vectors and matrices", () =>
    checkCases(
      fc
        .tuple(
          fc.array(upTo(4), { minLength: 1, maxLength: 2 }),
          upTo(8),
          fc.boolean(),
          fc.boolean(),
        )
        .chain(([shape, size, binary, isComputed]) =>
          fc.tuple(numbers(shape), weighted(shape)).map((inputs) => ({
            inputs,
            run: (x, w) =>
              tf.denseBincount(
                maybeComputed(x as tf.Tensor, isComputed) as tf.Tensor1D,
                w as tf.Tensor1D,
                size,
                binary,
              ),
          })),
        ),
    ));

  it("refuses negative numbers, known or not", async () => {
    await tf.setBackend("onnxruntime");
    const none = tf.tensor1d([]);
    const x = tf.tensor1d([0, -1], "int32");
    expect(() => tf.bincount(x, none, 3)).toThrow("non-negative");
    const counts = tf.tidy(() => tf.bincount(tf.neg(tf.abs(x)), none, 3));
    expect(() => counts.dataSync()).toThrow("ScatterElements");
    tf.dispose([none, x, counts]);
  });
});

describe("sparse tensors and sorted sequences", () => {
  const sparse = fc
    .tuple(fc.array(upTo(4, 1), { minLength: 1, maxLength: 3 }), upTo(4), dtypes, fc.boolean())
    .chain(([outputShape, count, dtype, isOne]) => {
      const position = fc.tuple(...outputShape.map((size) => upTo(size - 1)));
      return fc
        .tuple(
          fc.array(position, { minLength: count, maxLength: count }),
          tensorOf(isOne ? [] : [count], dtype),
          tensorOf([], dtype),
        )
        .map(([positions, values, fallback]) => {
          const shape = [count, outputShape.length];
          const indices: Plain = { shape, dtype: "int32", values: positions.flat() };
          return { outputShape, inputs: [indices, values, fallback] };
        });
    });
  it("sparseToDense, the last of several values for one place", () =>
    checkCases(
      sparse.map(({ outputShape, inputs }) => ({
        inputs,
        run: (indices, values, fallback) =>
          tf.sparseToDense(
            indices as tf.Tensor,
            values as tf.Tensor,
            outputShape as [number],
            fallback as tf.Scalar,
          ),
      })),
    ));

  it("sparseToDense refuses known places outside of the tensor", async () => {
    await tf.setBackend("onnxruntime");
    const indices = tf.tensor1d([0, 5], "int32");
    const values = tf.tensor1d([1, 2]);
    expect(() => tf.sparseToDense(indices, values, [5])).toThrow("Invalid indices: 5");
    tf.dispose([indices, values]);
  });

  it("sparseToDense of text", async () => {
    await tf.setBackend("onnxruntime");
    tf.tidy(() => {
      const indices = tf.tensor1d([2, 0], "int32");
      const dense = tf.sparseToDense(indices, tf.tensor1d(["a", "b"]), [3], tf.scalar("-"));
      expect([...dense.dataSync()]).toEqual(["b", "-", "a"]);
    });
  });

  const sides = fc.constantFrom("left" as const, "right" as const);
  const searches = fc
    .tuple(upTo(3, 1), upTo(9, 1), upTo(4, 1), fc.constantFrom("float32", "int32", "bool"))
    .chain(([rows, count, wanted, dtype]) =>
      fc.tuple(
        tensorOf([rows, count], dtype as tf.DataType),
        fc.oneof(tensorOf([rows, wanted], dtype as tf.DataType), tensorOf([rows, wanted], "int32")),
        sides,
      ),
    );
  it("searchSorted, rows with repeated elements", () =>
    checkCases(
      searches.map(([sequence, values, side]) => {
        const [rows, count] = sequence.shape as [number, number];
        const sorted = Array.from({ length: rows }, (_, r) =>
          sequence.values.slice(r * count, (r + 1) * count).sort((a, b) => a - b),
        ).flat();
        return {
          inputs: [{ ...sequence, values: sorted }, values],
          run: (s, v) => tf.searchSorted(s as tf.Tensor, v as tf.Tensor, side),
        };
      }),
    ));

  it("searchSorted of NaN and infinities", () => {
    const values = [Number.NEGATIVE_INFINITY, Number.NaN, Number.POSITIVE_INFINITY, 2];
    const sorted = [Number.NEGATIVE_INFINITY, 1, 2, 2, Number.POSITIVE_INFINITY];
    const inputs: Plain[] = [
      { shape: [5], dtype: "float32", values: sorted },
      { shape: [4], dtype: "float32", values },
    ];
    return compare((s, v) => [tf.lowerBound(s!, v!), tf.upperBound(s!, v!)], inputs);
  });
});
