import type { Rng } from "@espalier/core";
import { crossEntropyLoss, type GivenTargets } from "@espalier/ops";
import { argMax } from "./arg-max.ts";
import { type ClassificationConfig, parseClassificationConfig } from "./classification-config.ts";
import { classificationMetrics } from "./classification-metrics.ts";
import { expectRow } from "./expect-rows.ts";
import type { Head, LabelPlace, LabelValue } from "./head.ts";
import { unknownLabel } from "./label-error.ts";
import { type LinearParameters, linearMap } from "./linear-map.ts";
import { defined } from "./parse-config.ts";
import { softmax } from "./softmax.ts";

/** Exactly one of several labels. */
export interface ClassPrediction<Label extends string> {
  /** The label with the highest score, the first of several. */
  readonly label: Label;
  /** Softmax probabilities, summing to 1. */
  readonly scores: Readonly<Record<Label, number>>;
}

export interface ClassificationHead<Label extends string> extends Head<ClassPrediction<Label>> {
  readonly kind: "classification";
  readonly config: ClassificationConfig;
  /** In the order of the logits. */
  readonly labels: readonly Label[];
  init(inputSize: number, rng: Rng): LinearParameters;
  /** The label's index. */
  encodeLabel(label: LabelValue, place: string | LabelPlace): number;
}

export interface ClassificationOptions {
  /** Dropout rate in front of the linear map, 0 to 255/256. Default 0.1. */
  readonly dropout?: number;
  /** One weight ≥ 0 a label, in their order: rare labels up, frequent ones down. Default: all 1. */
  readonly classWeights?: readonly number[];
  /** Share of the target that is spread evenly over all labels, in `[0, 1)`. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * A head that gives each text one label: dropout and a linear map `weight [K, D]`, `bias [K]`, trained with cross
 * entropy. As in the Hugging Face models, weights start from a normal distribution with deviation 0.02, biases at 0.
 * @param labels written in place, they become the type of the predictions
 * @throws {EspalierError} CONFIG_INVALID for fewer than two labels, an empty one, one twice, or an option out of range
 */
export function classification<const Labels extends readonly string[]>(
  labels: Labels,
  options: ClassificationOptions = {},
): ClassificationHead<Labels[number]> {
  const config = parseClassificationConfig(
    { kind: "classification", labels: [...labels], ...defined(options) },
    "classification",
  );
  return createHead<Labels[number]>(config);
}

/** The same from JSON. @throws {EspalierError} CONFIG_INVALID with every problem, naming `place` */
export function classificationFromConfig(
  config: unknown,
  place: string,
): ClassificationHead<string> {
  return createHead<string>(parseClassificationConfig(config, place));
}

function createHead<Label extends string>(config: ClassificationConfig): ClassificationHead<Label> {
  const labels = config.labels as readonly Label[];
  const indices = new Map<string, number>(labels.map((label, index) => [label, index]));
  const { classWeights, labelSmoothing } = config;
  const lossOptions = { labelSmoothing, ...defined({ classWeights }) };
  return {
    ...linearMap("classification", { outputSize: labels.length, rate: config.dropout }),
    kind: "classification",
    config,
    labels,
    target: { dtype: "int32", size: 1 },
    mainMetric: "macroF1",
    errorMetrics: [],

    loss: (logits, targets) =>
      crossEntropyLoss(logits, targets as GivenTargets<Int32Array>, lossOptions),

    encodeLabel(label, place) {
      // A number in JSON and the same digits in CSV are one label.
      const index = Array.isArray(label) ? undefined : indices.get(String(label));
      if (index === undefined) throw unknownLabel(label, place, labels);
      return index;
    },

    decode(row) {
      expectRow("classification", row, labels);
      const probabilities = softmax(row);
      return {
        label: labels[argMax(row)] as Label,
        scores: Object.fromEntries(labels.map((label, k) => [label, probabilities[k]])) as Record<
          Label,
          number
        >,
      };
    },

    metrics: (logits, targets) => classificationMetrics(logits, targets, labels.length),
  };
}
