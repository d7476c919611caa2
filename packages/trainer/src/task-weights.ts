import { didYouMean, EspalierError } from "@espalier/core";

/** How the losses of the tasks are added up: all alike, or with a fixed factor each (those left out count 1). */
export type TaskWeights = "equal" | Readonly<Record<string, number>>;

/**
 * The factor of every task.
 * @param place how messages name it
 * @throws {EspalierError} NAME_UNKNOWN for a task that the model lacks, CONFIG_INVALID for a factor that is not at
 *   least 0 or when no factor is above 0
 */
export function taskFactors(
  weights: TaskWeights,
  tasks: readonly string[],
  place = "taskWeights",
): Record<string, number> {
  const given = weights === "equal" ? {} : weights;
  for (const [task, factor] of Object.entries(given)) {
    if (!tasks.includes(task))
      throw new EspalierError(
        "NAME_UNKNOWN",
        `${place}: there is no task "${task}"${didYouMean(task, tasks)}; the tasks are ${tasks.join(", ")}`,
      );
    if (!(factor >= 0 && factor < Infinity))
      throw new EspalierError(
        "CONFIG_INVALID",
        `${place}: the weight of "${task}" is ${factor}, expected at least 0`,
      );
  }
  const factors = Object.fromEntries(tasks.map((task) => [task, given[task] ?? 1]));
  if (Object.values(factors).every((factor) => factor === 0))
    throw new EspalierError("CONFIG_INVALID", `${place}: no task has a weight above 0`);
  return factors;
}
