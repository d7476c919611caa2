import type { Dataset } from "@espalier/data";
import type { Matrix } from "@espalier/metrics";
import {
  type ClassificationReport,
  classificationReport,
  fitLogisticRegression,
  majorityBaseline,
  predictClasses,
} from "@espalier/metrics";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import { type LabelledRows, labelledRows } from "./labelled-rows.ts";
import { buildTextTable } from "./text-table.ts";

/** What a task reaches without training the trunk. */
export interface TaskBaseline {
  /** Always the most frequent class of the training rows. */
  readonly majority: BaselineScores;
  /** Logistic regression on the sentence vectors as they are now. */
  readonly logisticRegression: BaselineScores;
}

export interface BaselineScores {
  readonly accuracy: number;
  readonly macroF1: number;
}

export interface BaselineOptions {
  /** Inverse strength of the L2 penalty, as in scikit-learn. Default 1. */
  readonly C?: number;
  /** Fit on features of mean 0 and deviation 1. Default false. */
  readonly standardize?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { done: number; total: number }) => void;
}

/**
 * Baselines that fine-tuning has to beat, by task; call it before training. Only classification tasks with labelled
 * rows on both sides are among them.
 * @param model its sentence vectors are used as they are; the heads play no part
 * @throws {EspalierError} as `evaluate` for bad rows, ABORTED when cancelled
 */
export async function frozenFeatureBaseline<T extends Tasks>(
  model: MultiTaskModel<T>,
  data: { readonly train: Dataset; readonly validation: Dataset },
  options: BaselineOptions = {},
): Promise<Record<string, TaskBaseline>> {
  const { encoder, tasks } = model;
  const { C = 1, standardize = false, signal, onProgress } = options;
  const texts = buildTextTable(encoder);
  const sides = {
    train: labelledRows(model, data.train, { texts, name: "the training data" }),
    validation: labelledRows(model, data.validation, { texts, name: "the validation data" }),
  };
  const all = [...data.train.examples, ...data.validation.examples].map(({ text }) => text);
  const vectors = await encoder.encode(all, {
    prompt: "",
    truncateDimension: encoder.dimension,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const baselines: Record<string, TaskBaseline> = {};
  for (const [task, head] of Object.entries(tasks)) {
    const [train, test] = [
      labelledVectors(sides.train, task, { vectors, first: 0 }),
      labelledVectors(sides.validation, task, { vectors, first: data.train.examples.length }),
    ];
    if (head.kind !== "classification" || train.labels.length * test.labels.length === 0) continue;
    const classCount = head.outputSize;
    const fitted = fitLogisticRegression({ ...train, classCount, C, standardize });
    const predicted = predictClasses(fitted, test.features);
    baselines[task] = {
      majority: scores(majorityBaseline(train.labels, test.labels, classCount)),
      logisticRegression: scores(classificationReport(test.labels, predicted, classCount)),
    };
  }
  return baselines;
}

/** @param from.first row of the vectors where the dataset begins */
function labelledVectors(
  { targets, examples }: LabelledRows,
  task: string,
  { vectors, first }: { vectors: Matrix; first: number },
): { features: Matrix; labels: Int32Array } {
  const { dimension } = vectors;
  const column = targets[task] as Int32Array;
  const rows = Int32Array.from(column.keys()).filter((row) => column[row] !== -1);
  const data = new Float32Array(rows.length * dimension);
  for (const [i, row] of rows.entries()) {
    const at = first + (examples[row] as number);
    data.set(vectors.data.subarray(at * dimension, (at + 1) * dimension), i * dimension);
  }
  return {
    features: { data, rows: rows.length, dimension },
    labels: rows.map((row) => column[row] as number),
  };
}

function scores({ accuracy, macro }: ClassificationReport): BaselineScores {
  return { accuracy, macroF1: macro.f1 };
}
