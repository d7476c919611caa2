import type { ColumnPlan, LabelKind } from "./column-plan.ts";
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
  /** Only for regression with labelled rows. */
  readonly numbers?: NumberSummary;
}

export interface NumberSummary {
  readonly smallest: number;
  readonly largest: number;
  readonly mean: number;
  /** Standard deviation of these rows. */
  readonly deviation: number;
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

/** What a dataset holds of one task. @param label its column, and the classes if it has any */
export function describeTask(
  { examples }: Dataset,
  label: {
    readonly column: string;
    readonly kind: LabelKind;
    readonly classes?: readonly string[];
  },
): TaskSummary {
  const { column, kind, classes = [] } = label;
  const counts = new Map<string, number>(classes.map((name) => [name, 0]));
  const numbers: number[] = [];
  let labelled = 0;
  for (const example of examples) {
    const value = example.labels[column];
    if (value === undefined) continue;
    labelled++;
    if (typeof value === "number") {
      numbers.push(value);
      continue;
    }
    for (const name of typeof value === "string" ? [value] : value) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return {
    name: column,
    kind,
    labelled,
    unlabelled: examples.length - labelled,
    classes: [...counts].map(([name, count]) => ({ name, count })),
    ...(kind === "regression" && labelled > 0 ? { numbers: describeNumbers(numbers) } : {}),
  };
}

function describeNumbers(numbers: readonly number[]): NumberSummary {
  const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const mean = average(numbers);
  return {
    smallest: numbers.reduce((a, b) => Math.min(a, b)),
    largest: numbers.reduce((a, b) => Math.max(a, b)),
    mean,
    deviation: Math.sqrt(average(numbers.map((number) => (number - mean) ** 2))),
  };
}
