import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { expectDtype, expectShape } from "./shape-check.ts";

export interface SoftmaxCrossEntropyOptions {
  /** One weight ≥ 0 a class; the mean divides by the sum of the weights of the labels. Default: all 1. */
  readonly classWeights?: readonly number[] | Float32Array;
  /** Share of the target spread evenly over all K classes, in `[0, 1]`. Default: 0. */
  readonly labelSmoothing?: number;
}

export interface SoftmaxCrossEntropy {
  /** float32 scalar: mean over the labelled rows; exactly 0, with a zero gradient, when there is none. */
  readonly loss: tf.Scalar;
  /** Rows with a label. */
  readonly labelled: number;
}

/**
 * Cross entropy of softmax(logits), as `torch.nn.functional.cross_entropy(ignore_index=-1)`, class weights and label
 * smoothing included. It differs in one case: without any labelled row (or with labels of weight 0 only) torch gives
 * NaN and this gives 0, as a task that is absent from a batch must leave the batch's loss alone.
 * @param logits float32 `[B, K]`
 * @param labels int32 `[B]`, 0 .. K − 1 or −1 = unlabelled; an array where there is one, as a tensor has to be read
 * @throws {EspalierError} SHAPE_MISMATCH when the lengths differ or a label is not in −1 .. K − 1, CONFIG_INVALID for a
 *   bad weight or smoothing
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor2D,
  labels: Int32Array | tf.Tensor1D,
  options: SoftmaxCrossEntropyOptions = {},
): SoftmaxCrossEntropy {
  expectShape("softmaxCrossEntropy: logits", logits, ["B", "K"]);
  const classes = readLabels(labels);
  const { targets, rowSums, labelled } = weightedTargets(logits.shape, classes, options);
  const loss = differentiable<"logits", tf.Scalar>(
    { logits },
    {
      // loss = −Σ M ∘ log softmax(logits), M holding label, smoothing, class weight and mean.
      forward(save) {
        const [rows, width] = logits.shape;
        const m = tf.tensor2d(targets, [rows, width]);
        const shifted = tf.sub(logits, tf.max(logits, 1, true)); // [B, K]
        const exponents = tf.exp(shifted);
        const total = tf.sum(exponents, 1, true); // [B, 1]
        save([m, tf.tensor2d(rowSums, [rows, 1]), tf.div(exponents, total)]);
        return tf.neg(tf.sum(tf.mul(m, tf.sub(shifted, tf.log(total)))));
      },
      // dlogits = softmax(logits) · (row sum of M) − M
      backward: (dy, [m, sums, probabilities]) => ({
        logits: () =>
          tf.mul(tf.sub(tf.mul(probabilities as tf.Tensor, sums as tf.Tensor), m as tf.Tensor), dy),
      }),
    },
  );
  return { loss, labelled };
}

function readLabels(labels: Int32Array | tf.Tensor1D): Int32Array {
  if (labels instanceof Int32Array) return labels;
  expectShape("softmaxCrossEntropy: labels", labels, ["B"]);
  expectDtype("softmaxCrossEntropy: labels", labels, "int32");
  return labels.dataSync<"int32">();
}

/** M `[B, K]` and its row sums `[B]`: how much each −log p counts. */
function weightedTargets(
  [rows, width]: [number, number],
  labels: Int32Array,
  options: SoftmaxCrossEntropyOptions,
): { targets: Float32Array; rowSums: Float32Array; labelled: number } {
  if (labels.length !== rows) {
    fail("SHAPE_MISMATCH", `${labels.length} labels for logits of ${rows} rows`);
  }
  const smoothing = options.labelSmoothing ?? 0;
  if (!(smoothing >= 0 && smoothing <= 1)) {
    fail("CONFIG_INVALID", `labelSmoothing is ${smoothing}, expected 0 .. 1`);
  }
  const weights = checkedWeights(options.classWeights, width);
  let labelled = 0;
  let normaliser = 0;
  for (const [row, label] of labels.entries()) {
    if (label < -1 || label >= width) {
      fail("SHAPE_MISMATCH", `label ${label} of row ${row} is not in -1 .. ${width - 1}`);
    }
    if (label === -1) continue;
    labelled++;
    normaliser += weights[label] as number;
  }
  const targets = new Float32Array(rows * width);
  const rowSums = new Float32Array(rows);
  if (normaliser === 0) return { targets, rowSums, labelled };
  for (const [row, label] of labels.entries()) {
    if (label === -1) continue;
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const share = (k === label ? 1 - smoothing : 0) + smoothing / width;
      const weight = (share * (weights[k] as number)) / normaliser;
      targets[row * width + k] = weight;
      sum += weight;
    }
    rowSums[row] = sum;
  }
  return { targets, rowSums, labelled };
}

function checkedWeights(
  weights: readonly number[] | Float32Array | undefined,
  width: number,
): ArrayLike<number> {
  if (weights === undefined) return new Float32Array(width).fill(1);
  if (weights.length !== width) {
    fail("SHAPE_MISMATCH", `${weights.length} class weights for ${width} classes`);
  }
  const bad = [...weights].findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (bad >= 0) fail("CONFIG_INVALID", `weight of class ${bad} is ${weights[bad]}, expected >= 0`);
  return weights;
}

function fail(code: "SHAPE_MISMATCH" | "CONFIG_INVALID", what: string): never {
  throw new EspalierError(code, `softmaxCrossEntropy: ${what}`);
}
