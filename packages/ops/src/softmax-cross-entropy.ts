import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { type GivenTargets, targetTensors } from "./loss-targets.ts";
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
  const targets = crossEntropyTargets(readLabels(labels), logits.shape, options);
  const [rows, width] = logits.shape;
  const loss = weightedCrossEntropy(logits, {
    weights: tf.tensor2d(targets.weights, [rows, width]),
    sums: tf.tensor2d(targets.sums, [rows, 1]),
  });
  return { loss, labelled: targets.labelled };
}

/**
 * The loss of `softmaxCrossEntropy` alone, also for the labels of each batch of a compiled function.
 * @param logits float32 `[B, K]`
 * @param labels int32 `[B]`, -1 = unlabelled
 * @throws {EspalierError} as `softmaxCrossEntropy`, those of the labels of batches when a batch comes
 */
export function crossEntropyLoss(
  logits: tf.Tensor2D,
  labels: GivenTargets<Int32Array>,
  options: SoftmaxCrossEntropyOptions = {},
): tf.Scalar {
  expectShape("crossEntropyLoss: logits", logits, ["B", "K"]);
  const [rows, width] = logits.shape;
  const targets = targetTensors(labels, { weights: [rows, width], sums: [rows, 1] }, (given) =>
    crossEntropyTargets(given, [given.length, width], options),
  );
  return weightedCrossEntropy(logits, targets);
}

/** How much each −log p of a row's classes counts. */
export interface CrossEntropyTargets {
  /** float32 `[B · K]` */
  readonly weights: Float32Array;
  /** float32 `[B]`: sums of the rows of `weights` */
  readonly sums: Float32Array;
  /** Rows with a label. */
  readonly labelled: number;
}

/**
 * The loss of `softmaxCrossEntropy` for targets that are tensors already, as a compiled function needs them.
 * @param logits float32 `[B, K]`
 * @param targets of `crossEntropyTargets`: weights `[B, K]`, sums `[B, 1]`; no gradient flows to them
 * @returns float32 scalar, Σ −weights ∘ log softmax(logits)
 * @throws {EspalierError} SHAPE_MISMATCH when the shapes do not fit
 */
export function weightedCrossEntropy(
  logits: tf.Tensor2D,
  { weights, sums }: { readonly weights: tf.Tensor2D; readonly sums: tf.Tensor2D },
): tf.Scalar {
  expectShape("weightedCrossEntropy: logits", logits, ["B", "K"]);
  expectShape("weightedCrossEntropy: weights", weights, logits.shape);
  expectShape("weightedCrossEntropy: sums", sums, [logits.shape[0], 1]);
  return differentiable<"logits", tf.Scalar>(
    { logits },
    {
      forward(save) {
        const shifted = tf.sub(logits, tf.max(logits, 1, true)); // [B, K]
        const exponents = tf.exp(shifted);
        const total = tf.sum(exponents, 1, true); // [B, 1]
        save([weights, sums, tf.div(exponents, total)]);
        return tf.neg(tf.sum(tf.mul(weights, tf.sub(shifted, tf.log(total)))));
      },
      // dlogits = softmax(logits) · (row sum of weights) − weights
      backward: (dy, [m, rowSums, probabilities]) => ({
        logits: () =>
          tf.mul(
            tf.sub(tf.mul(probabilities as tf.Tensor, rowSums as tf.Tensor), m as tf.Tensor),
            dy,
          ),
      }),
    },
  );
}

function readLabels(labels: Int32Array | tf.Tensor1D): Int32Array {
  if (labels instanceof Int32Array) return labels;
  expectShape("softmaxCrossEntropy: labels", labels, ["B"]);
  expectDtype("softmaxCrossEntropy: labels", labels, "int32");
  return labels.dataSync<"int32">();
}

/**
 * Labels, class weights, label smoothing and the mean as one weight a class and row.
 * @param labels int32 `[B]`, -1 = unlabelled
 * @param shape `[B, K]` of the logits
 * @throws {EspalierError} as `softmaxCrossEntropy`
 */
export function crossEntropyTargets(
  labels: Int32Array,
  [rows, width]: readonly [number, number],
  options: SoftmaxCrossEntropyOptions = {},
): CrossEntropyTargets {
  if (labels.length !== rows) {
    fail("SHAPE_MISMATCH", `${labels.length} labels for logits of ${rows} rows`);
  }
  const smoothing = options.labelSmoothing ?? 0;
  if (!(smoothing >= 0 && smoothing <= 1)) {
    fail("CONFIG_INVALID", `labelSmoothing is ${smoothing}, expected 0 .. 1`);
  }
  const classWeights = checkedWeights(options.classWeights, width);
  let labelled = 0;
  let normaliser = 0;
  for (const [row, label] of labels.entries()) {
    if (!(label >= -1 && label < width)) {
      fail("SHAPE_MISMATCH", `label ${label} of row ${row} is not in -1 .. ${width - 1}`);
    }
    if (label === -1) continue;
    labelled++;
    normaliser += classWeights[label] as number;
  }
  const weights = new Float32Array(rows * width);
  const sums = new Float32Array(rows);
  if (normaliser === 0) return { weights, sums, labelled };
  for (const [row, label] of labels.entries()) {
    if (label === -1) continue;
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const share = (k === label ? 1 - smoothing : 0) + smoothing / width;
      const weight = (share * (classWeights[k] as number)) / normaliser;
      weights[row * width + k] = weight;
      sum += weight;
    }
    sums[row] = sum;
  }
  return { weights, sums, labelled };
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
