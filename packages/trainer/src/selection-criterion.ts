import { didYouMean, EspalierError } from "@espalier/core";
import type { Head } from "@espalier/heads";
import type { Tasks } from "@espalier/model";
import { type EvaluationReport, meanOfDefined } from "./evaluation-report.ts";

/** What makes one evaluation better than another. */
export type SelectionCriterion =
  /** The highest mean over the tasks of what each kind of head is judged by: macro F1 of classes, R² of numbers. */
  | "main-metrics"
  /** The lowest weighted loss. */
  | "loss"
  /** The best mean of a measure over the tasks, or over those named: the lowest of an error, the highest of others. */
  | { readonly metric: string; readonly tasks?: readonly string[] };

const NAMED: readonly string[] = ["main-metrics", "loss"];

/** Checks a criterion against the heads. @throws {EspalierError} NAME_UNKNOWN for a task or measure that is not there */
export function checkCriterion(
  criterion: SelectionCriterion,
  tasks: Tasks,
  place = "bestBy",
): void {
  if (typeof criterion === "string") {
    if (NAMED.includes(criterion)) return;
    throw new EspalierError(
      "CONFIG_INVALID",
      `${place}: "${criterion}" is not one of ${NAMED.join(", ")}${didYouMean(criterion, NAMED)}; a measure is written as { metric: "${criterion}" }`,
    );
  }
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

/**
 * The score of an evaluation, higher is better; tasks without labelled rows in it, or with an undefined measure, do not
 * count.
 */
export function scoreOf(
  criterion: SelectionCriterion,
  report: EvaluationReport,
  tasks: Tasks,
): number {
  if (criterion === "loss") return -report.loss;
  const chosen = criterion === "main-metrics" ? undefined : criterion;
  const score = meanOfDefined(
    Object.entries<Head<unknown>>(tasks)
      .filter(([task]) => chosen?.tasks?.includes(task) ?? true)
      .map(([task, { mainMetric, errorMetrics }]) => {
        const metric = chosen?.metric ?? mainMetric;
        const value = report.tasks[task]?.metrics[metric] ?? Number.NaN;
        return errorMetrics.includes(metric) ? -value : value;
      }),
  );
  return Number.isNaN(score) ? -Infinity : score;
}
