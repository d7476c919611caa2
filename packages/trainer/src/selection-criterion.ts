import { didYouMean, EspalierError } from "@espalier/core";
import type { Tasks } from "@espalier/model";
import type { EvaluationReport } from "./evaluation-report.ts";

/** What makes one evaluation better than another. */
export type SelectionCriterion =
  /** The lowest weighted loss. */
  | "loss"
  /** The highest mean of a measure over the tasks, or over those named. */
  | { readonly metric: string; readonly tasks?: readonly string[] };

/** The mean of macro F1 over all tasks. */
export const MEAN_MACRO_F1: SelectionCriterion = { metric: "macroF1" };

/** Checks a criterion against the heads. @throws {EspalierError} NAME_UNKNOWN for a task or measure that is not there */
export function checkCriterion(
  criterion: SelectionCriterion,
  tasks: Tasks,
  place = "bestBy",
): void {
  if (criterion === "loss") return;
  const { metric, tasks: named = Object.keys(tasks) } = criterion;
  for (const task of named) {
    const head = Object.hasOwn(tasks, task) ? tasks[task] : undefined;
    if (head === undefined)
      throw new EspalierError(
        "NAME_UNKNOWN",
        `${place}: there is no task "${task}"${didYouMean(task, Object.keys(tasks))}; the tasks are ${Object.keys(tasks).join(", ")}`,
      );
    const known = Object.keys(head.metrics(new Float32Array(0), new Int32Array(0))).filter(
      (name) => name !== "support",
    );
    if (!known.includes(metric))
      throw new EspalierError(
        "NAME_UNKNOWN",
        `${place}: task "${task}" has no measure "${metric}"${didYouMean(metric, known)}; it has ${known.join(", ")}`,
      );
  }
}

/** The score of an evaluation, higher is better; tasks without labelled rows in it do not count. */
export function scoreOf(criterion: SelectionCriterion, report: EvaluationReport): number {
  if (criterion === "loss") return -report.loss;
  const { metric, tasks = Object.keys(report.tasks) } = criterion;
  const values = tasks.flatMap((task) => report.tasks[task]?.metrics[metric] ?? []);
  return values.length === 0 ? -Infinity : values.reduce((a, b) => a + b, 0) / values.length;
}
