import { didYouMean, EspalierError } from "@espalier/core";
import type { Dataset, Example } from "@espalier/data";
import { type Head, labelledRowsOf, type Targets, unlabelledTargets } from "@espalier/heads";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import type { TextTableBuilder } from "./text-table.ts";

/** Rows of a dataset in numbers. */
export interface LabelledRows {
  /** int32 `[rows]`, places in the text table */
  readonly texts: Int32Array;
  /** `[rows · target.size]` a task, laid out as its head says */
  readonly targets: Readonly<Record<string, Targets>>;
  /** Rows with a label, by task. */
  readonly labelled: Readonly<Record<string, number>>;
  /** Where each row stands, for messages. */
  readonly sources: ReadonlyArray<Example["source"]>;
  /** int32 `[rows]`: which example of the dataset each row is; examples without any label are left out. */
  readonly examples: Int32Array;
  /** Examples of the dataset. */
  readonly datasetRows: number;
}

/**
 * Encodes texts and labels. A task without a column is unlabelled throughout.
 * @param options.name what messages call the dataset
 * @throws {EspalierError} NAME_UNKNOWN, naming file and line, for a label that a head does not know; DATA_INVALID when
 *   no row has a label of any task
 */
export function labelledRows<T extends Tasks>(
  model: MultiTaskModel<T>,
  dataset: Dataset,
  options: { readonly texts: TextTableBuilder; readonly name: string },
): LabelledRows {
  const tasks = Object.keys(model.tasks);
  const isLabelled = ({ labels }: Example): boolean =>
    tasks.some((task) => labels[task] !== undefined);
  const places = [...dataset.examples.keys()].filter((i) =>
    isLabelled(dataset.examples[i] as Example),
  );
  const examples = places.map((i) => dataset.examples[i] as Example);
  if (examples.length === 0) throw nothingLabelled(dataset, tasks, options.name);
  const targets: Record<string, Targets> = {};
  const labelled: Record<string, number> = {};
  for (const [task, { target }] of Object.entries<Head<unknown>>(model.tasks)) {
    const column = unlabelledTargets(target, examples.length);
    for (const [row, { labels, source }] of examples.entries()) {
      const label = labels[task];
      if (label === undefined) continue;
      const encoded = model.encodeLabel(task, label, `${source.file}:${source.line}`);
      column.set([encoded].flat(), row * target.size);
    }
    targets[task] = column;
    labelled[task] = labelledRowsOf(column, target.size).length;
  }
  return {
    texts: options.texts.add(examples.map(({ text }) => text)),
    targets,
    labelled,
    sources: examples.map(({ source }) => source),
    examples: Int32Array.from(places),
    datasetRows: dataset.examples.length,
  };
}

function nothingLabelled(
  { examples, labelColumns }: Dataset,
  tasks: readonly string[],
  name: string,
): EspalierError {
  const [task] = tasks;
  if (examples.length === 0) return new EspalierError("DATA_INVALID", `${name} has no rows`);
  const hint = task === undefined ? "" : didYouMean(task, labelColumns);
  return new EspalierError(
    "DATA_INVALID",
    `${name}: no row has a label of ${tasks.join(", ") || "any task: the model has none"}; ` +
      `the label columns are ${labelColumns.join(", ") || "none"}${hint}`,
  );
}
