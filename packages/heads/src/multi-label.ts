import type { Rng } from "@espalier/core";
import { averagePrecision, multiLabelReport } from "@espalier/metrics";
import { binaryCrossEntropy, type GivenTargets } from "@espalier/ops";
import { expectRow, expectSameRows } from "./expect-rows.ts";
import type { Head, LabelPlace, LabelValue } from "./head.ts";
import { unknownLabel } from "./label-error.ts";
import { type LinearParameters, linearMap } from "./linear-map.ts";
import { type MultiLabelConfig, parseMultiLabelConfig } from "./multi-label-config.ts";
import { defined } from "./parse-config.ts";
import { sigmoid } from "./sigmoid.ts";
import { chooseRows, labelledRowsOf, type Targets } from "./targets.ts";

/** Any number of several labels, none included. */
export interface MultiLabelPrediction<Label extends string> {
  /** Those whose score reaches the threshold, the highest first. */
  readonly labels: readonly Label[];
  /** Sigmoid probabilities, each for itself. */
  readonly scores: Readonly<Record<Label, number>>;
}

export interface MultiLabelHead<Label extends string> extends Head<MultiLabelPrediction<Label>> {
  readonly kind: "multi-label";
  readonly config: MultiLabelConfig;
  /** In the order of the logits. */
  readonly labels: readonly Label[];
  init(inputSize: number, rng: Rng): LinearParameters;
  /** 1 for each label that is among those given, else 0; an empty list is "none of them". */
  encodeLabel(label: LabelValue, place: string | LabelPlace): readonly number[];
}

export interface MultiLabelOptions {
  /** Dropout rate in front of the linear map, 0 to 255/256. Default 0.1. */
  readonly dropout?: number;
  /** From this probability on a label applies, between 0 and 1. Default 0.5. */
  readonly threshold?: number;
  /** Factor > 0 of the loss where a label applies, one a label: above 1 finds more of rare labels. Default: all 1. */
  readonly positiveWeights?: readonly number[];
}

/**
 * A head that gives each text any number of labels: dropout and a linear map `weight [K, D]`, `bias [K]`, trained with the
 * binary cross entropy of each label, the mean over texts and labels.
 * @param labels written in place, they become the type of the predictions
 * @throws {EspalierError} CONFIG_INVALID for no label, an empty one, one twice, or an option out of range
 */
export function multiLabel<const Labels extends readonly string[]>(
  labels: Labels,
  options: MultiLabelOptions = {},
): MultiLabelHead<Labels[number]> {
  const config = { kind: "multi-label", labels: [...labels], ...defined(options) };
  return createHead<Labels[number]>(parseMultiLabelConfig(config, "multi-label"));
}

/** The same from JSON. @throws {EspalierError} CONFIG_INVALID with every problem, naming `place` */
export function multiLabelFromConfig(config: unknown, place: string): MultiLabelHead<string> {
  return createHead<string>(parseMultiLabelConfig(config, place));
}

function createHead<Label extends string>(config: MultiLabelConfig): MultiLabelHead<Label> {
  const labels = config.labels as readonly Label[];
  const { positiveWeights, threshold } = config;
  return {
    ...linearMap("multi-label", { outputSize: labels.length, rate: config.dropout }),
    kind: "multi-label",
    config,
    labels,
    target: { dtype: "float32", size: labels.length },
    mainMetric: "macroF1",
    errorMetrics: [],

    loss: (logits, targets) =>
      binaryCrossEntropy(
        logits,
        targets as GivenTargets<Float32Array>,
        defined({ positiveWeights }),
      ),

    encodeLabel(label, place) {
      const given = [label].flat().map(String);
      const unknown = given.find((name) => !(labels as readonly string[]).includes(name));
      if (unknown !== undefined) throw unknownLabel(unknown, place, labels);
      return labels.map((name) => (given.includes(name) ? 1 : 0));
    },

    decode(row) {
      expectRow("multi-label", row, labels);
      const ranked = labels
        .map((label, k) => ({ label, score: sigmoid(row[k] as number) }))
        .sort((a, b) => b.score - a.score);
      const scores = labels.map((label, k) => [label, sigmoid(row[k] as number)]);
      return {
        labels: ranked.filter(({ score }) => score >= threshold).map(({ label }) => label),
        scores: Object.fromEntries(scores) as Record<Label, number>,
      };
    },

    metrics: (logits, targets) => multiLabelMetrics(logits, targets, config),
  };
}

/**
 * Over the labelled rows: macro and micro F1 over the labels, the share of rows with all labels right, and the mean over
 * the labels that occur of their average precision, for which no threshold matters. NaN without a labelled row.
 */
function multiLabelMetrics(
  logits: Float32Array,
  targets: Targets,
  { labels, threshold }: MultiLabelConfig,
): Record<"macroF1" | "microF1" | "subsetAccuracy" | "meanAveragePrecision" | "support", number> {
  const size = labels.length;
  expectSameRows("multi-label", { logits, targets }, { logits: size, targets: size });
  const rows = labelledRowsOf(targets, size);
  const truth = chooseRows(targets, size, rows);
  const scores = chooseRows(logits, size, rows);
  const limit = Math.log(threshold / (1 - threshold));
  const predicted = Array.from(scores, (logit) => (logit >= limit ? 1 : 0));
  const report = multiLabelReport(truth, predicted, size);
  const column = (values: Targets, k: number) => values.filter((_, i) => i % size === k);
  const precisions = labels
    .map((_, k) => averagePrecision(column(truth, k), column(scores, k)))
    .filter((precision) => !Number.isNaN(precision));
  const labelled = rows.length > 0;
  return {
    macroF1: labelled ? report.macro.f1 : Number.NaN,
    microF1: labelled ? report.micro.f1 : Number.NaN,
    subsetAccuracy: report.subsetAccuracy,
    meanAveragePrecision: precisions.reduce((a, b) => a + b, 0) / precisions.length,
    support: rows.length,
  };
}
