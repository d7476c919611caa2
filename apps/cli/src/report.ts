import type { AnyHead } from "@espalier/heads";
import { duration, type Output, table } from "@espalier/terminal";
import type { TrainResult } from "@espalier/trainer";
import { byKind, KIND_MEASURES, measure } from "./measures.ts";

/** How one task came out on the validation rows, in the measures of its kind, with what it has to beat. */
export interface TaskReport {
  readonly kind: AnyHead["kind"];
  readonly [measure: string]: number | string;
}

/** What a run reached and what it cost. */
export interface TrainingReport {
  readonly tasks: Readonly<Record<string, TaskReport>>;
  readonly wallSeconds: number;
  readonly peakMemoryBytes: number;
}

/** The tasks with a score and baselines to compare it with. */
export function taskReports(
  { best, evaluations, baselines = {} }: TrainResult,
  heads: Readonly<Record<string, AnyHead>>,
): TrainingReport["tasks"] {
  const final = best?.report ?? evaluations.at(-1)?.report;
  return Object.fromEntries(
    Object.entries(baselines).flatMap(([task, { constant, linear }]) => {
      const metrics = final?.tasks[task]?.metrics;
      if (metrics === undefined) return [];
      const { kind } = heads[task] as AnyHead;
      const spec = KIND_MEASURES[kind];
      const [main] = spec.measures[0] as readonly [string, string];
      const report = {
        kind,
        ...metrics,
        [spec.constant[0]]: constant[main] as number,
        [spec.linear[0]]: linear[main] as number,
      };
      return [[task, report] as const];
    }),
  );
}

/** The table at the end of a training run: one line a task, the baselines beside the scores. */
export function resultTasks(output: Output, tasks: TrainingReport["tasks"]): void {
  const right = (title: string) => ({ title, align: "right" }) as const;
  const kindOf = (task: string) => (tasks[task] as TaskReport).kind;
  for (const [kind, reports] of byKind(tasks, kindOf)) {
    const { measures, constant, linear } = KIND_MEASURES[kind];
    const columns = [...measures, constant, linear];
    const lines = table(
      [{ title: "", align: "left" }, ...columns.map(([, title]) => right(title))],
      reports.map(([task, report]) => {
        const values = columns.map(([key]) => report[key] as number);
        const [main = 0, ...rest] = values;
        const beats = main >= (values.at(-1) as number);
        const shown = measure(main);
        return [
          output.style.bold(task),
          beats ? output.style.good(shown) : shown,
          ...rest.map(measure),
        ];
      }),
    );
    for (const line of lines) output.result(line);
  }
}

/** `41 s · peak 0.9 GB` */
export function costLine(report: Pick<TrainingReport, "wallSeconds" | "peakMemoryBytes">): string {
  return `${duration(report.wallSeconds)} · peak ${(report.peakMemoryBytes / 1e9).toFixed(2)} GB`;
}
