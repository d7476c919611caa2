import type { Rng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { dropout } from "../dropout.ts";
import { dropoutMask } from "../dropout-mask.ts";
import { embedding } from "../embedding.ts";
import { gatherRows } from "../gather-rows.ts";
import { type GeluApproximation, gelu } from "../gelu.ts";
import { layerNorm } from "../layer-norm.ts";
import { linear } from "../linear.ts";
import { linearGelu } from "../linear-gelu.ts";
import { rotatePositions } from "../rotate-positions.ts";
import { normals, type OperationCase, whole } from "./operation-case.ts";

/** Cases of the operations that work row by row, of random sizes. */
export function layerCases(rng: Rng): OperationCase[] {
  return [
    linearCase(rng, true),
    linearCase(rng, false),
    layerNormCase(rng, [whole(rng, 1, 6), whole(rng, 2, 9)]),
    layerNormCase(rng, [2, whole(rng, 1, 3), whole(rng, 2, 9)]),
    geluCase(rng, "erf"),
    geluCase(rng, "tanh"),
    linearGeluCase(rng, "erf"),
    linearGeluCase(rng, "tanh"),
    embeddingCase(rng),
    gatherRowsCase(rng),
    rotatePositionsCase(rng),
    dropoutCase(rng),
  ];
}

function linearCase(rng: Rng, withBias: boolean): OperationCase {
  const { inputs, reference } = randomMap(rng, withBias);
  return {
    name: withBias ? "linear" : "linear without bias",
    inputs,
    run: ({ x, weight, bias }) =>
      linear(x as tf.Tensor2D, weight as tf.Tensor2D, bias as tf.Tensor1D | undefined),
    reference,
  };
}

function linearGeluCase(rng: Rng, approximation: GeluApproximation): OperationCase {
  const { inputs, reference } = randomMap(rng, true);
  return {
    name: `linearGelu ${approximation}`,
    inputs,
    run: ({ x, weight, bias }) =>
      linearGelu(x as tf.Tensor2D, weight as tf.Tensor2D, bias as tf.Tensor1D, approximation),
    reference: (values) => reference(values).map((value) => GELU[approximation](value)),
  };
}

/** Inputs of a linear map of random sizes, and its value. */
function randomMap(rng: Rng, withBias: boolean): Pick<OperationCase, "inputs" | "reference"> {
  const [n, i, o] = [whole(rng, 1, 6), whole(rng, 1, 7), whole(rng, 1, 5)];
  const bias = withBias ? { bias: normals(rng, [o]) } : {};
  return {
    inputs: { x: normals(rng, [n, i]), weight: normals(rng, [o, i]), ...bias },
    reference: ({ x, weight, bias }) =>
      Float64Array.from({ length: n * o }, (_, at) => {
        const [row, column] = [Math.floor(at / o), at % o];
        let sum = bias?.[column] ?? 0;
        for (let k = 0; k < i; k++) sum += at64(x, row * i + k) * at64(weight, column * i + k);
        return sum;
      }),
  };
}

function layerNormCase(rng: Rng, shape: number[]): OperationCase {
  const width = shape.at(-1) as number;
  const epsilon = 1e-5;
  return {
    name: `layerNorm of rank ${shape.length}`,
    inputs: {
      x: normals(rng, shape),
      gain: normals(rng, [width]),
      bias: normals(rng, [width]),
    },
    run: ({ x, gain, bias }) =>
      layerNorm(x as tf.Tensor, gain as tf.Tensor1D, bias as tf.Tensor1D, epsilon),
    reference({ x, gain, bias }) {
      const y = Float64Array.from(x as Float64Array);
      for (let start = 0; start < y.length; start += width) {
        const row = y.subarray(start, start + width);
        const mean = row.reduce((a, b) => a + b, 0) / width;
        const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / width;
        for (const [k, value] of row.entries()) {
          row[k] = ((value - mean) / Math.sqrt(variance + epsilon)) * at64(gain, k) + at64(bias, k);
        }
      }
      return y;
    },
  };
}

function geluCase(rng: Rng, approximation: GeluApproximation): OperationCase {
  const x = normals(rng, [whole(rng, 1, 4), whole(rng, 1, 8)]);
  return {
    name: `gelu ${approximation}`,
    inputs: { x: { ...x, values: x.values.map((value) => Math.fround(1.5 * value)) } },
    run: ({ x }) => gelu(x as tf.Tensor, approximation),
    reference: ({ x }) => (x as Float64Array).map(GELU[approximation]),
  };
}

const GELU: Record<GeluApproximation, (x: number) => number> = {
  erf: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  tanh: (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
};

function embeddingCase(rng: Rng): OperationCase {
  const [vocabulary, width, n] = [whole(rng, 2, 7), whole(rng, 1, 6), whole(rng, 3, 12)];
  const ids = Int32Array.from({ length: n }, () => whole(rng, 0, vocabulary - 1));
  return {
    name: "embedding with repeated ids",
    inputs: { table: normals(rng, [vocabulary, width]) },
    run: ({ table }) => embedding(table as tf.Tensor2D, tf.tensor1d(ids, "int32")),
    reference: ({ table }) => takeRows(table as Float64Array, ids, width),
  };
}

function gatherRowsCase(rng: Rng): OperationCase {
  const [n, width] = [whole(rng, 1, 8), whole(rng, 1, 5)];
  const index = rng.permutation(n);
  const inverse = new Int32Array(n);
  for (const [to, from] of index.entries()) inverse[from] = to;
  return {
    name: "gatherRows",
    inputs: { x: normals(rng, [n, width]) },
    run: ({ x }) =>
      gatherRows(x as tf.Tensor2D, tf.tensor1d(index, "int32"), tf.tensor1d(inverse, "int32")),
    reference: ({ x }) => takeRows(x as Float64Array, index, width),
  };
}

function rotatePositionsCase(rng: Rng): OperationCase {
  const [n, heads, half] = [whole(rng, 1, 6), whole(rng, 1, 3), whole(rng, 1, 4)];
  const width = heads * half * 2;
  const angles = Float32Array.from({ length: n * half }, () => 6 * rng.uniform());
  const tensorOf = (fn: (angle: number) => number): tf.Tensor2D =>
    tf.tensor2d(angles.map(fn), [n, half]);
  return {
    name: "rotatePositions",
    inputs: { x: normals(rng, [n, width]) },
    run: ({ x }) =>
      rotatePositions(x as tf.Tensor2D, { cos: tensorOf(Math.cos), sin: tensorOf(Math.sin), heads }),
    reference: ({ x }) =>
      Float64Array.from({ length: n * width }, (_, at) => {
        const [row, column] = [Math.floor(at / width), at % (2 * half)];
        const angle = angles[row * half + (column % half)] as number;
        const [own, other] = [x?.[at] as number, x?.[at + (column < half ? half : -half)] as number];
        return own * Math.cos(angle) + (column < half ? -other : other) * Math.sin(angle);
      }),
  };
}

function dropoutCase(rng: Rng): OperationCase {
  const shape = [whole(rng, 2, 9), whole(rng, 1, 9)];
  const rate = 0.3;
  const stream = rng.fork("dropout");
  const x = normals(rng, shape);
  return {
    name: "dropout",
    inputs: { x },
    run: ({ x }) => dropout(x as tf.Tensor, { rate, rng: stream.fork("mask") }),
    reference({ x }) {
      const size = (x as Float64Array).length;
      const kept = dropoutMask(size, { rate, rng: stream.fork("mask") });
      return (x as Float64Array).map((value, i) =>
        at64(kept, i) === 1 ? value / (1 - rate) : 0,
      );
    },
  };
}

function takeRows(table: Float64Array, index: Int32Array, width: number): Float64Array {
  return Float64Array.from({ length: index.length * width }, (_, at) =>
    at64(table, at64(index, Math.floor(at / width)) * width + (at % width)),
  );
}

function at64(values: ArrayLike<number> | undefined, i: number): number {
  return values?.[i] as number;
}

/** 2/√π · Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), precise for the arguments used here. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 120; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
