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
import {
  type FillProgress,
  fillVectorSource,
  type VectorSource,
  vectorsOf,
} from "./vector-source.ts";

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
}

/** By task; only classification tasks with labelled rows on both sides are among them. */
export type Baselines = Readonly<Record<string, TaskBaseline>>;

/**
 * Baselines that fine-tuning has to beat; call it before training. `train` does so itself where `baselines` is set, and
 * then the trunk runs but once for both.
 * @param model its sentence vectors are used as they are; the heads play no part
 * @throws {EspalierError} as `evaluate` for bad rows, ABORTED when cancelled
 */
export async function frozenFeatureBaseline<T extends Tasks>(
  model: MultiTaskModel<T>,
  data: { readonly train: Dataset; readonly validation: Dataset },
  options: BaselineOptions & {
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: FillProgress) => void;
  } = {},
): Promise<Baselines> {
  const texts = buildTextTable(model.encoder);
  const train = labelledRows(model, data.train, { texts, name: "the training data" });
  const validation = labelledRows(model, data.validation, { texts, name: "the validation data" });
  const filling = fillVectorSource(model.encoder, texts.build(), {
    start: "pooled",
    cache: "memory",
    cacheLimitBytes: Number.POSITIVE_INFINITY,
    signal: options.signal,
  });
  for (;;) {
    const next = await filling.next();
    if (next.done)
      return baselinesOf(model.tasks, { train, validation, source: next.value }, options);
    options.onProgress?.(next.value);
  }
}

export interface BaselineData {
  readonly train: LabelledRows;
  readonly validation: LabelledRows;
  /** Has finished vectors. */
  readonly source: VectorSource;
}

/** The same for encoded rows. */
export function baselinesOf(
  tasks: Tasks,
  { train, validation, source }: BaselineData,
  { C = 1, standardize = false }: BaselineOptions,
): Baselines {
  const baselines: Record<string, TaskBaseline> = {};
  for (const [task, head] of Object.entries(tasks)) {
    const fit = labelledVectors(train, task, source);
    const test = labelledVectors(validation, task, source);
    if (head.kind !== "classification" || fit.labels.length * test.labels.length === 0) continue;
    const classCount = head.outputSize;
    const fitted = fitLogisticRegression({ ...fit, classCount, C, standardize });
    const predicted = predictClasses(fitted, test.features);
    baselines[task] = {
      majority: scores(majorityBaseline(fit.labels, test.labels, classCount)),
      logisticRegression: scores(classificationReport(test.labels, predicted, classCount)),
    };
  }
  return baselines;
}

function labelledVectors(
  { targets, texts }: LabelledRows,
  task: string,
  source: VectorSource,
): { features: Matrix; labels: Int32Array } {
  const column = targets[task] as Int32Array;
  const rows = Int32Array.from(column.keys()).filter((row) => column[row] !== -1);
  const vectors = vectorsOf(
    source,
    rows.map((row) => texts[row] as number),
    { training: false },
  );
  const [, dimension] = vectors.shape;
  const data = vectors.dataSync<"float32">().slice();
  vectors.dispose();
  return {
    features: { data, rows: rows.length, dimension },
    labels: rows.map((row) => column[row] as number),
  };
}

function scores({ accuracy, macro }: ClassificationReport): BaselineScores {
  return { accuracy, macroF1: macro.f1 };
}
