import { mean } from "@espalier/metrics";

/** How good a model is on some rows. JSON as it stands. */
export interface EvaluationReport {
  /** By task; a task without a labelled row is absent. */
  readonly tasks: Readonly<Record<string, TaskReport>>;
  /** Weighted sum of the tasks' losses. */
  readonly loss: number;
  /** Mean of each measure over the tasks that have it. */
  readonly mean: Readonly<Record<string, number>>;
  /** Rows with a label of any task. */
  readonly rows: number;
}

export interface TaskReport {
  readonly loss: number;
  /** The head's measures; NaN where one is undefined, as a correlation with a constant. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Rows with a label of this task. */
  readonly labelled: number;
}

/** The mean of those values that are defined, NaN if none is. */
export function meanOfDefined(values: readonly (number | undefined)[]): number {
  return mean(values.filter((value) => value !== undefined && !Number.isNaN(value)) as number[]);
}
