import { didYouMean, EspalierError } from "@espalier/core";
import type { Dataset, Example } from "@espalier/data";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import type { TextTableBuilder } from "./text-table.ts";

/** Rows of a dataset in numbers. */
export interface LabelledRows {
  /** int32 `[rows]`, places in the text table */
  readonly texts: Int32Array;
  /** int32 `[rows]` a task, -1 = unlabelled */
  readonly targets: Readonly<Record<string, Int32Array>>;
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
  const targets: Record<string, Int32Array> = {};
  const labelled: Record<string, number> = {};
  for (const task of tasks) {
    const column = Int32Array.from(examples, ({ labels, source }) => {
      const label = labels[task];
      const place = `${source.file}:${source.line}`;
      return label === undefined ? -1 : model.encodeLabel(task, label, place);
    });
    targets[task] = column;
    labelled[task] = column.reduce((count, target) => count + (target === -1 ? 0 : 1), 0);
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
