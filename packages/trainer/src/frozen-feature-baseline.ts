import type { Dataset } from "@espalier/data";
import { chooseRows, type Head, labelledRowsOf, type Targets } from "@espalier/heads";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import { type LabelledRows, labelledRows } from "./labelled-rows.ts";
import { type LabelledVectors, type SimpleModelOptions, simpleAnswers } from "./simple-models.ts";
import { buildTextTable } from "./text-table.ts";
import {
  type FillProgress,
  fillVectorSource,
  type VectorSource,
  vectorsOf,
} from "./vector-source.ts";

/** What a task reaches without training the trunk, in the measures of its head. */
export interface TaskBaseline {
  /** The same answer to every text: the most frequent class, the labels that most texts have, the mean. */
  readonly constant: BaselineScores;
  /** Logistic regression (one a label for multi-label) or ridge regression on the sentence vectors as they are now. */
  readonly linear: BaselineScores;
}

export type BaselineScores = Readonly<Record<string, number>>;

export type BaselineOptions = SimpleModelOptions;

/** By task; only those with labelled rows on both sides are among them. */
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
  options: BaselineOptions,
): Baselines {
  const baselines: Record<string, TaskBaseline> = {};
  for (const [task, head] of Object.entries(tasks)) {
    const fit = labelledVectors(train, task, { head, source });
    const test = labelledVectors(validation, task, { head, source });
    if (fit.targets.length * test.targets.length === 0) continue;
    const answers = simpleAnswers(head, { fit, features: test.features }, options);
    if (answers === undefined) continue;
    const scores = (logits: Float32Array): BaselineScores => {
      const { support: _, ...metrics } = head.metrics(logits, test.targets);
      return metrics;
    };
    baselines[task] = { constant: scores(answers.constant), linear: scores(answers.linear) };
  }
  return baselines;
}

function labelledVectors(
  { targets, texts }: LabelledRows,
  task: string,
  { head, source }: { readonly head: Head<unknown>; readonly source: VectorSource },
): LabelledVectors {
  const column = targets[task] as Targets;
  const { size } = head.target;
  const rows = labelledRowsOf(column, size);
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
    targets: chooseRows(column, size, rows),
  };
}
