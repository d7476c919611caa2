import type { Rng } from "@espalier/core";
import { confusionMatrix, mean, quadraticKappa } from "@espalier/metrics";
import { binaryCrossEntropy, type GivenTargets } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { expectRow, expectSameRows } from "./expect-rows.ts";
import type { Head, HeadParameter, LabelPlace, LabelValue } from "./head.ts";
import { unknownLabel } from "./label-error.ts";
import { linearMap } from "./linear-map.ts";
import { type OrdinalConfig, parseOrdinalConfig } from "./ordinal-config.ts";
import { defined } from "./parse-config.ts";
import { sigmoid } from "./sigmoid.ts";
import { labelledRowsOf, type Targets } from "./targets.ts";

/** Exactly one of several labels that have an order. */
export interface OrdinalPrediction<Label extends string> {
  /** The middle one: as likely as not, the truth is at least as high, and likewise at most. */
  readonly label: Label;
  /** Probabilities, summing to 1. */
  readonly scores: Readonly<Record<Label, number>>;
}

export interface OrdinalHead<Label extends string> extends Head<OrdinalPrediction<Label>> {
  readonly kind: "ordinal";
  readonly config: OrdinalConfig;
  /** From the lowest to the highest. */
  readonly labels: readonly Label[];
  /** `weight [1, D]`, and `steps [K − 1]`: the first threshold and the logarithms of the distances to the next ones. */
  init(
    inputSize: number,
    rng: Rng,
  ): { readonly weight: HeadParameter; readonly steps: HeadParameter };
  /** For each label but the lowest 1 if the one given is at least as high, else 0. */
  encodeLabel(label: LabelValue, place: string | LabelPlace): readonly number[];
}

export interface OrdinalOptions {
  /** Dropout rate in front of the linear map, 0 to 255/256. Default 0.1. */
  readonly dropout?: number;
}

/**
 * A head for labels with an order, as stars: dropout, one linear map to a number, and K − 1 thresholds that ascend, so that
 * confusing neighbours costs less than confusing the ends (the proportional odds model, McCullagh 1980). Trained with the
 * binary cross entropy of "above this threshold", the mean over texts and thresholds.
 * @param labels from the lowest to the highest; written in place, they become the type of the predictions
 * @throws {EspalierError} CONFIG_INVALID for fewer than two labels, an empty one, one twice, or an option out of range
 */
export function ordinal<const Labels extends readonly string[]>(
  labels: Labels,
  options: OrdinalOptions = {},
): OrdinalHead<Labels[number]> {
  const config = { kind: "ordinal", labels: [...labels], ...defined(options) };
  return createHead<Labels[number]>(parseOrdinalConfig(config, "ordinal"));
}

/** The same from JSON. @throws {EspalierError} CONFIG_INVALID with every problem, naming `place` */
export function ordinalFromConfig(config: unknown, place: string): OrdinalHead<string> {
  return createHead<string>(parseOrdinalConfig(config, place));
}

function createHead<Label extends string>(config: OrdinalConfig): OrdinalHead<Label> {
  const labels = config.labels as readonly Label[];
  const size = labels.length - 1;
  const map = linearMap("ordinal", { outputSize: 1, rate: config.dropout });
  return {
    kind: "ordinal",
    config,
    labels,
    outputSize: size,
    target: { dtype: "float32", size },
    mainMetric: "quadraticKappa",
    errorMetrics: ["mae"],

    shapes: (inputSize) => ({ weight: [1, inputSize], steps: [size] }),

    init(inputSize, rng) {
      // Thresholds one apart, around 0.
      const values = new Float32Array(size);
      values[0] = -(size - 1) / 2;
      return { weight: map.init(inputSize, rng).weight, steps: { shape: [size], values } };
    },

    logits: (vectors, { weight, steps }, context) =>
      tf.tidy(() => {
        const parameters = { weight: weight as tf.Tensor, bias: tf.zeros([1]) };
        const height = map.logits(vectors, parameters, context); // [B, 1]
        return tf.sub(height, thresholds(steps as tf.Tensor1D)); // [B, K − 1]
      }),

    loss: (logits, targets) => binaryCrossEntropy(logits, targets as GivenTargets<Float32Array>),

    encodeLabel(label, place) {
      const index = Array.isArray(label)
        ? -1
        : (labels as readonly string[]).indexOf(String(label));
      if (index < 0) throw unknownLabel(label, place, labels);
      return Array.from({ length: size }, (_, k) => (index > k ? 1 : 0));
    },

    decode(row) {
      expectRow("ordinal", row, labels.slice(1));
      const atLeast = [1, ...Array.from(row, sigmoid), 0];
      const scores = labels.map((label, k) => [
        label,
        (atLeast[k] as number) - (atLeast[k + 1] as number),
      ]);
      return {
        label: labels[heightOf(row)] as Label,
        scores: Object.fromEntries(scores) as Record<Label, number>,
      };
    },

    metrics(logits, targets) {
      expectSameRows("ordinal", { logits, targets }, { logits: size, targets: size });
      const rows = labelledRowsOf(targets, size);
      const read = (values: Targets, above: number) =>
        rows.map((row) => heightOf(values.subarray(row * size, (row + 1) * size), above));
      return {
        ...ordinalMetrics(read(targets, 0.5), read(logits, 0), labels.length),
        support: rows.length,
      };
    },
  };
}

/** @param steps the first threshold, then logarithms of distances @returns float32 `[1, K − 1]`, ascending */
function thresholds(steps: tf.Tensor1D): tf.Tensor2D {
  const [size] = steps.shape;
  if (size === 1) return tf.reshape(steps, [1, 1]);
  const distances = [tf.slice1d(steps, 0, 1), tf.exp(tf.slice1d(steps, 1, size - 1))];
  return tf.reshape(tf.cumsum(tf.concat(distances)), [1, size]);
}

/** How many thresholds a text is above of: the index of its label. */
function heightOf(row: ArrayLike<number>, above = 0): number {
  return Array.from(row).filter((value) => value > above).length;
}

function ordinalMetrics(
  truth: Int32Array,
  predicted: Int32Array,
  labels: number,
): { quadraticKappa: number; accuracy: number; mae: number } {
  const distances = truth.map((height, i) => Math.abs(height - (predicted[i] as number)));
  return {
    quadraticKappa: quadraticKappa(confusionMatrix(truth, predicted, labels)),
    accuracy: mean(distances.map((distance) => (distance === 0 ? 1 : 0))),
    mae: mean(distances),
  };
}
