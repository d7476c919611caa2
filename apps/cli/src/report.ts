import { duration, type Output, table } from "@espalier/terminal";

/** How one task came out on the validation rows, with what it has to beat. */
export interface TaskReport {
  readonly accuracy: number;
  readonly macroF1: number;
  /** Accuracy of always answering the most frequent training label. */
  readonly majority: number;
  /** Accuracy of logistic regression on the sentence vectors of the untrained trunk. */
  readonly frozenLogisticRegression: number;
}

/** What a run reached and what it cost. */
export interface TrainingReport {
  readonly tasks: Readonly<Record<string, TaskReport>>;
  readonly wallSeconds: number;
  readonly peakMemoryBytes: number;
}

/** The table at the end of a training run: one line a task, the baselines beside the scores. */
export function resultTasks(output: Output, tasks: TrainingReport["tasks"]): void {
  const right = (title: string) => ({ title, align: "right" }) as const;
  const lines = table(
    [
      { title: "", align: "left" },
      right("accuracy"),
      right("macro F1"),
      right("majority"),
      right("frozen + logistic regression"),
    ],
    Object.entries(tasks).map(([task, report]) => {
      const beats = report.accuracy >= report.frozenLogisticRegression;
      const accuracy = report.accuracy.toFixed(3);
      return [
        output.style.bold(task),
        beats ? output.style.good(accuracy) : accuracy,
        report.macroF1.toFixed(3),
        report.majority.toFixed(3),
        report.frozenLogisticRegression.toFixed(3),
      ];
    }),
  );
  for (const line of lines) output.result(line);
}

/** `41 s · peak 0.9 GB` */
export function costLine(report: Pick<TrainingReport, "wallSeconds" | "peakMemoryBytes">): string {
  return `${duration(report.wallSeconds)} · peak ${(report.peakMemoryBytes / 1e9).toFixed(2)} GB`;
}
