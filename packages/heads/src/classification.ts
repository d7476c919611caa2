import { didYouMean, EspalierError, type Rng } from "@espalier/core";
import { dropout, fedCrossEntropy, linear, softmaxCrossEntropy } from "@espalier/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { argMax } from "./arg-max.ts";
import { type ClassificationConfig, parseClassificationConfig } from "./classification-config.ts";
import { classificationMetrics } from "./classification-metrics.ts";
import type { Head, HeadParameter, LabelPlace, LabelValue } from "./head.ts";
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
  /** `weight [K, D]` and `bias [K]`. */
  init(
    inputSize: number,
    rng: Rng,
  ): { readonly weight: HeadParameter; readonly bias: HeadParameter };
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

const INITIAL_DEVIATION = 0.02;

function createHead<Label extends string>(config: ClassificationConfig): ClassificationHead<Label> {
  const labels = config.labels as readonly Label[];
  const indices = new Map<string, number>(labels.map((label, index) => [label, index]));
  const outputSize = labels.length;
  const { classWeights, labelSmoothing } = config;
  const lossOptions = { labelSmoothing, ...defined({ classWeights }) };
  return {
    kind: "classification",
    config,
    labels,
    outputSize,

    shapes: (inputSize) => ({ weight: [outputSize, inputSize], bias: [outputSize] }),

    init(inputSize, rng) {
      const stream = rng.fork("weight");
      const length = outputSize * inputSize;
      return {
        weight: {
          shape: [outputSize, inputSize],
          values: Float32Array.from({ length }, () => stream.normal() * INITIAL_DEVIATION),
        },
        bias: { shape: [outputSize], values: new Float32Array(outputSize) },
      };
    },

    logits(vectors, { weight, bias }, { training, rng }) {
      if (training && config.dropout > 0 && rng === undefined)
        throw new EspalierError(
          "CONFIG_INVALID",
          `classification: dropout ${config.dropout} in training needs a random stream (context.rng)`,
        );
      const dropped = // [B, D]
        training && rng !== undefined ? dropout(vectors, { rate: config.dropout, rng }) : vectors;
      return linear(dropped, weight as tf.Tensor2D, bias as tf.Tensor1D); // [B, K]
    },

    loss: (logits, targets) =>
      targets instanceof Int32Array
        ? softmaxCrossEntropy(logits, targets, lossOptions).loss
        : fedCrossEntropy(logits, targets, lossOptions),

    encodeLabel(label, place) {
      // A number in JSON and the same digits in CSV are one label.
      const index = Array.isArray(label) ? undefined : indices.get(String(label));
      if (index === undefined) throw unknownLabel(label, place, labels);
      return index;
    },

    decode(row) {
      if (row.length !== outputSize)
        throw new EspalierError(
          "SHAPE_MISMATCH",
          `classification: a row of ${row.length} logits, expected one for each of ${outputSize} labels`,
        );
      const bad = row.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0)
        throw new EspalierError(
          "NOT_FINITE",
          `classification: the logit of label "${labels[bad]}" is ${row[bad]}`,
        );
      const probabilities = softmax(row);
      return {
        label: labels[argMax(row)] as Label,
        scores: Object.fromEntries(labels.map((label, k) => [label, probabilities[k]])) as Record<
          Label,
          number
        >,
      };
    },

    metrics: (logits, targets) => classificationMetrics(logits, targets, outputSize),
  };
}

function unknownLabel(
  label: LabelValue,
  place: string | LabelPlace,
  labels: readonly string[],
): EspalierError {
  const { source, of } =
    typeof place === "string"
      ? { source: place, of: "" }
      : { source: place.source, of: ` of task "${place.task}"` };
  const given = Array.isArray(label) ? JSON.stringify(label) : `"${label}"`;
  return new EspalierError(
    "NAME_UNKNOWN",
    `${source}: label ${given}${of} is not one of ${labels.join(", ")}${didYouMean(String(label), labels)}`,
  );
}

/** Without the keys whose value is undefined. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
