import type { TaskLosses } from "./backward-pass.ts";

/** By task. */
export type TaskNumbers = Readonly<Record<string, number>>;

/** Reads and disposes. */
export function readLosses(losses: TaskLosses): TaskNumbers {
  return Object.fromEntries(
    Object.entries(losses).map(([task, loss]) => {
      const value = loss.dataSync()[0] as number;
      loss.dispose();
      return [task, value];
    }),
  );
}

/** The loss of an update and of each task: the mean over the batches, those that have the task. */
export function meanLosses(
  parts: readonly TaskNumbers[],
  factors: TaskNumbers,
): { loss: number; losses: TaskNumbers } {
  const sums: Record<string, number> = {};
  const counts: Record<string, number> = {};
  let loss = 0;
  for (const part of parts)
    for (const [task, value] of Object.entries(part)) {
      sums[task] = (sums[task] ?? 0) + value;
      counts[task] = (counts[task] ?? 0) + 1;
      loss += ((factors[task] ?? 1) * value) / parts.length;
    }
  const losses = Object.fromEntries(
    Object.entries(sums).map(([task, sum]) => [task, sum / (counts[task] as number)]),
  );
  return { loss, losses };
}
