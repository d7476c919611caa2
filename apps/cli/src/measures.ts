import type { AnyHead } from "@espalier/heads";

/** What is shown of a task, by the kind of its head. */
interface KindMeasures {
  /** Of a head's metrics, the first one beside the baselines. */
  readonly measures: readonly (readonly [metric: string, title: string])[];
  /** The answer that is the same for every text: its key in reports, and its title. */
  readonly constant: readonly [key: string, title: string];
  /** The linear model on the sentence vectors of the untrained trunk. */
  readonly linear: readonly [key: string, title: string];
}

export const KIND_MEASURES: Readonly<Record<AnyHead["kind"], KindMeasures>> = {
  classification: {
    measures: [
      ["accuracy", "accuracy"],
      ["macroF1", "macro F1"],
    ],
    constant: ["majority", "majority"],
    linear: ["frozenLogisticRegression", "frozen + logistic regression"],
  },
  "multi-label": {
    measures: [
      ["macroF1", "macro F1"],
      ["microF1", "micro F1"],
      ["meanAveragePrecision", "mean average precision"],
      ["subsetAccuracy", "all right"],
    ],
    constant: ["constant", "always the same"],
    linear: ["frozenLogisticRegression", "frozen + logistic regression"],
  },
  ordinal: {
    measures: [
      ["quadraticKappa", "weighted kappa"],
      ["accuracy", "accuracy"],
      ["mae", "mean distance"],
    ],
    constant: ["majority", "majority"],
    linear: ["frozenLogisticRegression", "frozen + logistic regression"],
  },
  regression: {
    measures: [
      ["r2", "R²"],
      ["spearman", "Spearman"],
      ["mae", "mean absolute error"],
    ],
    constant: ["constant", "always the mean"],
    linear: ["frozenRidgeRegression", "frozen + ridge regression"],
  },
};

/** Tasks by the kind of their heads, in the order of their first tasks. */
export function byKind<Task>(
  tasks: Readonly<Record<string, Task>>,
  kindOf: (task: string) => AnyHead["kind"],
): Map<AnyHead["kind"], [string, Task][]> {
  const groups = new Map<AnyHead["kind"], [string, Task][]>();
  for (const entry of Object.entries(tasks)) {
    const kind = kindOf(entry[0]);
    groups.set(kind, [...(groups.get(kind) ?? []), entry]);
  }
  return groups;
}

/** `accuracy domain 0.983 · sentiment 0.903 · R² stars 0.71`: the first measure of every task. */
export function mainMeasures(
  tasks: Readonly<Record<string, { readonly metrics: Readonly<Record<string, number>> }>>,
  kindOf: (task: string) => AnyHead["kind"],
): string {
  return [...byKind(tasks, kindOf)]
    .map(([kind, entries]) => {
      const [metric, title] = KIND_MEASURES[kind].measures[0] as readonly [string, string];
      const values = entries.map(([task, { metrics }]) => `${task} ${measure(metrics[metric])}`);
      return `${title} ${values.join(" · ")}`;
    })
    .join(" · ");
}

/** `0.983`, or `–` where it is undefined. */
export function measure(value: number | undefined): string {
  return value === undefined || Number.isNaN(value)
    ? "–"
    : value.toFixed(3).replace(/^-(0\.0+)$/, "$1");
}
