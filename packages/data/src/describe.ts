import type { ColumnPlan, LabelColumn, LabelKind } from "./column-plan.ts";
import type { Dataset } from "./dataset.ts";

/** What a dataset holds, for printing. */
export interface DatasetSummary {
  readonly rows: number;
  readonly textColumns: readonly string[];
  /** Rows whose text occurred before. */
  readonly duplicateTexts: number;
  /** Rows whose text (for a pair: both texts) is blank. */
  readonly blankTexts: number;
  /** In the order of the plan. */
  readonly tasks: readonly TaskSummary[];
}

export interface TaskSummary {
  readonly name: string;
  readonly kind: LabelKind;
  readonly labelled: number;
  readonly unlabelled: number;
  /** Rows of each class of the plan, in its order, zeros included; empty for numbers. */
  readonly classes: ReadonlyArray<{ readonly name: string; readonly count: number }>;
  /** Range and mean of the numbers; only for regression with labelled rows. */
  readonly numbers?: { readonly smallest: number; readonly largest: number; readonly mean: number };
}

/** Counts rows, classes and missing labels. */
export function describe(dataset: Dataset, plan: ColumnPlan): DatasetSummary {
  const seen = new Set<string>();
  let blankTexts = 0;
  for (const { text } of dataset.examples) {
    seen.add(typeof text === "string" ? text : JSON.stringify(text));
    if ((typeof text === "string" ? text : text.join("")).trim() === "") blankTexts++;
  }
  return {
    rows: dataset.examples.length,
    textColumns: dataset.textColumns,
    duplicateTexts: dataset.examples.length - seen.size,
    blankTexts,
    tasks: plan.labels.map((label) => describeTask(dataset, label)),
  };
}

function describeTask({ examples }: Dataset, label: LabelColumn): TaskSummary {
  const names = label.kind === "regression" ? [] : label.classes;
  const counts = new Map<string, number>(names.map((name) => [name, 0]));
  let labelled = 0;
  let sum = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const example of examples) {
    const value = example.labels[label.column];
    if (value === undefined) continue;
    labelled++;
    if (typeof value === "number") {
      sum += value;
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
      continue;
    }
    for (const name of typeof value === "string" ? [value] : value) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return {
    name: label.column,
    kind: label.kind,
    labelled,
    unlabelled: examples.length - labelled,
    classes: [...counts].map(([name, count]) => ({ name, count })),
    ...(label.kind === "regression" && labelled > 0
      ? { numbers: { smallest, largest, mean: sum / labelled } }
      : {}),
  };
}
