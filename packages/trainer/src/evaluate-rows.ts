import { EspalierError } from "@espalier/core";
import { batches } from "@espalier/data";
import { chooseRows, type Head, type Targets } from "@espalier/heads";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import * as tf from "@tensorflow/tfjs-core";
import { type EvaluationReport, meanOfDefined, type TaskReport } from "./evaluation-report.ts";
import type { LabelledRows } from "./labelled-rows.ts";
import type { TextTable } from "./text-table.ts";
import { type VectorSource, vectorsOf } from "./vector-source.ts";

export interface EvaluateRowsOptions {
  readonly source: VectorSource;
  readonly table: TextTable;
  readonly taskFactors: Readonly<Record<string, number>>;
  /** Texts a launch. Default 64. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Measures a model on encoded rows: each distinct text goes forward once, in batches of like length.
 * @throws {EspalierError} ABORTED when cancelled
 */
export async function evaluateRows<T extends Tasks>(
  model: MultiTaskModel<T>,
  rows: LabelledRows,
  options: EvaluateRowsOptions,
): Promise<EvaluationReport> {
  const heads: [string, Head<unknown>][] = Object.entries(model.tasks).filter(
    ([task]) => (rows.labelled[task] ?? 0) > 0,
  );
  const logits = await logitsOfTexts(model, rows.texts, { ...options, heads });
  const places = rows.texts.map((text) => logits.place.get(text) as number);
  const tasks: Record<string, TaskReport> = {};
  let loss = 0;
  for (const [task, head] of heads) {
    const { outputSize } = head;
    const ofRows = chooseRows(logits.values.get(task) as Float32Array, outputSize, places);
    const targets = rows.targets[task] as Targets;
    const { support: _, ...metrics } = head.metrics(ofRows, targets);
    const value = lossOf(head, ofRows, targets);
    tasks[task] = { loss: value, metrics, labelled: rows.labelled[task] as number };
    loss += (options.taskFactors[task] ?? 1) * value;
  }
  return { tasks, loss, mean: meanOf(Object.values(tasks)), rows: rows.texts.length };
}

async function logitsOfTexts<T extends Tasks>(
  model: MultiTaskModel<T>,
  texts: Int32Array,
  options: EvaluateRowsOptions & { readonly heads: readonly (readonly [string, Head<unknown>])[] },
): Promise<{ values: Map<string, Float32Array>; place: Map<number, number> }> {
  const { source, table, heads, batchSize = 64, signal } = options;
  const distinct = Int32Array.from(new Set(texts));
  const values = new Map(
    heads.map(([task, { outputSize }]) => [task, new Float32Array(distinct.length * outputSize)]),
  );
  const launches = batches({
    count: distinct.length,
    lengthsTokens: distinct.map((text) => table.lengthsTokens[text] as number),
    // Finished vectors have no length, and a head is small.
    batchSize: source.cache.kept === "vectors" ? Math.max(batchSize, 1024) : batchSize,
    order: "sorted",
  });
  for (const launch of launches) {
    if (signal?.aborted) throw new EspalierError("ABORTED", "the evaluation was cancelled");
    const chosen = launch.map((i) => distinct[i] as number);
    const outputs = tf.tidy(() =>
      model.logitsFrom(vectorsOf(source, chosen, { training: false }), { training: false }),
    ) as unknown as Record<string, tf.Tensor2D>;
    try {
      for (const [task, { outputSize }] of heads) {
        const rows = await (outputs[task] as tf.Tensor2D).data<"float32">();
        for (const [row, i] of launch.entries())
          values
            .get(task)
            ?.set(rows.subarray(row * outputSize, (row + 1) * outputSize), i * outputSize);
      }
    } finally {
      tf.dispose(outputs);
    }
  }
  return { values, place: new Map(Array.from(distinct, (text, i) => [text, i])) };
}

/** The mean over all labelled rows at once: class weights do not add up batch by batch. */
function lossOf(head: Head<unknown>, logits: Float32Array, targets: Targets): number {
  return tf.tidy(() => {
    const rows = tf.tensor2d(logits, [targets.length / head.target.size, head.outputSize]);
    return head.loss(rows, targets).dataSync<"float32">()[0] as number;
  });
}

function meanOf(tasks: readonly TaskReport[]): Record<string, number> {
  const names = new Set(tasks.flatMap(({ metrics }) => Object.keys(metrics)));
  return Object.fromEntries(
    [...names].map((name) => {
      return [name, meanOfDefined(tasks.map(({ metrics }) => metrics[name]))];
    }),
  );
}
