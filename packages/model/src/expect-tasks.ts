import { didYouMean, EspalierError } from "@espalier/core";
import type { SavedHeads } from "./read-heads.ts";
import type { Tasks } from "./tasks.ts";

/**
 * Checks that saved heads are the ones a program was written for: the same tasks, in any order, with the same kinds
 * and labels.
 * @throws {EspalierError} NAME_UNKNOWN for a task that was not saved, CONFIG_INVALID for one that is not expected or
 *   differs, with both values
 */
export function expectTasks({ heads, place }: SavedHeads, expected: Tasks): void {
  const saved = [...heads.keys()];
  for (const [task, { config }] of Object.entries(expected)) {
    const found = heads.get(task)?.config;
    if (found === undefined)
      throw new EspalierError(
        "NAME_UNKNOWN",
        `${place}: there is no task "${task}"${didYouMean(task, saved)}; tasks: ${saved.join(", ") || "none"}`,
      );
    const [given, wanted] = [found, config].map((head) =>
      JSON.stringify("labels" in head ? [head.kind, head.labels] : [head.kind]),
    );
    if (given !== wanted)
      throw new EspalierError(
        "CONFIG_INVALID",
        `${place}: task "${task}" is ${given}, expected ${wanted}`,
      );
  }
  const extra = saved.find((task) => !Object.hasOwn(expected, task));
  if (extra !== undefined)
    throw new EspalierError(
      "CONFIG_INVALID",
      `${place}: task "${extra}" is not one of the expected ${Object.keys(expected).join(", ") || "(none)"}`,
    );
}
