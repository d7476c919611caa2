import type { Rng } from "@espalier/core";
import type * as tf from "@tensorflow/tfjs-core";
import { binaryCrossEntropy } from "../binary-cross-entropy.ts";
import { type RegressionLossKind, regressionLoss } from "../regression-loss.ts";
import { type SoftmaxCrossEntropyOptions, softmaxCrossEntropy } from "../softmax-cross-entropy.ts";
import { normals, type OperationCase, type Values, whole } from "./operation-case.ts";

/** Cases of the losses, of random sizes, against the definitions in torch's documentation. */
export function lossCases(rng: Rng): OperationCase[] {
  return [
    lossCase(rng, "plain", () => ({})),
    lossCase(rng, "weights", (k) => ({ classWeights: positive(rng, k) })),
    lossCase(rng, "smoothing", () => ({ labelSmoothing: 0.1 })),
    lossCase(rng, "weights and smoothing", (k) => ({
      classWeights: positive(rng, k),
      labelSmoothing: 0.25,
    })),
    lossCase(rng, "nothing labelled", () => ({}), 0),
    farApart(lossCase(rng, "rows far apart", () => ({}), 1)),
    binaryCase(rng, "plain"),
    binaryCase(rng, "positive weights", true),
    ...(["squared", "absolute", "huber"] as const).map((kind) => regressionCase(rng, kind)),
  ];
}

function lossCase(
  rng: Rng,
  name: string,
  ...[optionsFor, labelledShare = 0.7]: [(k: number) => SoftmaxCrossEntropyOptions, number?]
): OperationCase {
  const [rows, width] = [whole(rng, 2, 6), whole(rng, 2, 5)];
  const options = optionsFor(width);
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    const labelled = labelledShare > 0 && (row === 0 || rng.uniform() < labelledShare);
    return labelled ? whole(rng, 0, width - 1) : -1;
  });
  const { classWeights, labelSmoothing = 0 } = options;
  const weight = (k: number): number => classWeights?.[k] ?? 1;
  return {
    name: `softmaxCrossEntropy ${name}`,
    inputs: { logits: normals(rng, [rows, width]) },
    run: ({ logits }) => softmaxCrossEntropy(logits as tf.Tensor2D, labels, options).loss,
    reference({ logits }) {
      let picked = 0;
      let spread = 0;
      let weights = 0;
      for (const [row, label] of labels.entries()) {
        if (label === -1) continue;
        const scores = (logits as Float64Array).subarray(row * width, (row + 1) * width);
        const top = Math.max(...scores);
        const total = top + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - top), 0));
        weights += weight(label);
        picked += weight(label) * (total - (scores[label] as number));
        for (const [k, score] of scores.entries()) spread += weight(k) * (total - score);
      }
      if (weights === 0) return Float64Array.of(0);
      const smoothed = (1 - labelSmoothing) * picked + (labelSmoothing / width) * spread;
      return Float64Array.of(smoothed / weights);
    },
  };
}

function binaryCase(rng: Rng, name: string, weighted = false): OperationCase {
  const [rows, width] = [whole(rng, 1, 6), whole(rng, 1, 5)];
  const options = weighted ? { positiveWeights: positive(rng, width) } : {};
  const targets = Float32Array.from({ length: rows * width }, (_, i) => {
    const labelled = i < width || rng.uniform() < 0.7;
    return labelled ? whole(rng, 0, 1) : Number.NaN;
  });
  return {
    name: `binaryCrossEntropy ${name}`,
    inputs: { logits: normals(rng, [rows, width]) },
    run: ({ logits }) => binaryCrossEntropy(logits as tf.Tensor2D, targets, options),
    reference: ({ logits }) =>
      meanOverTargets(targets, (target, i) => {
        const x = (logits as Float64Array)[i] as number;
        const weight = options.positiveWeights?.[i % width] ?? 1;
        return target === 1 ? weight * Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
      }),
  };
}

function regressionCase(rng: Rng, kind: RegressionLossKind): OperationCase {
  const rows = whole(rng, 2, 8);
  const targets = Float32Array.from({ length: rows }, (_, i) =>
    i === 0 || rng.uniform() < 0.7 ? 2 * rng.normal() : Number.NaN,
  );
  return {
    name: `regressionLoss ${kind}`,
    inputs: { values: normals(rng, [rows, 1]) },
    run: ({ values }) => regressionLoss(values as tf.Tensor2D, targets, kind),
    reference: ({ values }) =>
      meanOverTargets(targets, (target, i) => {
        const size = Math.abs(((values as Float64Array)[i] as number) - target);
        if (kind === "squared") return size ** 2;
        return kind === "absolute" ? size : size < 1 ? size ** 2 / 2 : size - 0.5;
      }),
  };
}

function meanOverTargets(
  targets: Float32Array,
  loss: (target: number, index: number) => number,
): Float64Array {
  const losses = [...targets.entries()].flatMap(([i, target]) =>
    Number.isNaN(target) ? [] : [loss(target, i)],
  );
  return Float64Array.of(losses.reduce((a, b) => a + b, 0) / losses.length);
}

/**
 * Moves each row by another constant. Softmax ignores it, unless a backend takes the maximum of all rows where that of
 * each row is due: then all but one row underflow.
 */
function farApart(operation: OperationCase): OperationCase {
  const { shape, values } = operation.inputs.logits as Values;
  const width = shape[1] as number;
  const moved = values.map((value, i) => Math.fround(value + 200 * (Math.floor(i / width) - 1)));
  return { ...operation, inputs: { logits: { shape, values: moved } } };
}

function positive(rng: Rng, length: number): number[] {
  return Array.from({ length }, () => 0.5 + rng.uniform());
}
