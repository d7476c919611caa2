import { didYouMean, EspalierError } from "@espalier/core";
import { dynamicAverage } from "./dynamic-average.ts";
import { fixedWeighting } from "./fixed.ts";
import { geometricWeighting } from "./geometric.ts";
import { randomWeighting } from "./random.ts";
import type { TaskWeighting } from "./task-weighting.ts";
import { uncertaintyWeighting } from "./uncertainty.ts";

/** How the tasks' losses become one. JSON as it stands. */
export type TaskWeightingConfig =
  /** The sum. */
  | { readonly kind: "fixed" }
  /** Learnt factors, by the noise of each task. */
  | { readonly kind: "uncertainty" }
  /** Factors by how fast each loss falls, from epoch to epoch. Temperature above 0, default 2: higher is more even. */
  | { readonly kind: "dwa"; readonly temperature?: number }
  /** Random factors in every update. */
  | { readonly kind: "random" }
  /** The geometric mean. */
  | { readonly kind: "geometric" };

export type TaskWeightingKind = TaskWeightingConfig["kind"];

type Create = (tasks: readonly string[], config: TaskWeightingConfig) => TaskWeighting;

/** Every way there is; a new one is a file and a line here. */
const KINDS: Readonly<Record<TaskWeightingKind, Create>> = {
  fixed: fixedWeighting,
  uncertainty: uncertaintyWeighting,
  dwa: (_, config) => dynamicAverage(temperatureOf(config)),
  random: randomWeighting,
  geometric: geometricWeighting,
};

/** The names of all ways, for messages and choices. */
export const TASK_WEIGHTING_KINDS: readonly TaskWeightingKind[] = Object.keys(
  KINDS,
) as TaskWeightingKind[];

/**
 * Checks a way of weighting.
 * @throws {EspalierError} CONFIG_INVALID for an unknown kind or a temperature that is not above 0
 */
export function taskWeightingConfig(
  given: TaskWeightingConfig | TaskWeightingKind,
  place: string,
): TaskWeightingConfig {
  const config = typeof given === "string" ? { kind: given } : given;
  if (!Object.hasOwn(KINDS, config.kind))
    throw new EspalierError(
      "CONFIG_INVALID",
      `${place}: ${JSON.stringify(config.kind)} is not one of ${TASK_WEIGHTING_KINDS.join(", ")}${didYouMean(String(config.kind), TASK_WEIGHTING_KINDS)}`,
    );
  const temperature = temperatureOf(config);
  if (!(temperature > 0 && temperature < Infinity))
    throw new EspalierError(
      "CONFIG_INVALID",
      `${place}: temperature ${temperature}, expected a number above 0`,
    );
  return config;
}

function temperatureOf(config: TaskWeightingConfig): number {
  return config.kind === "dwa" ? (config.temperature ?? 2) : 2;
}

/**
 * A new weighting for a run. The caller frees it.
 * @throws {EspalierError} CONFIG_INVALID as `taskWeightingConfig`
 */
export function createTaskWeighting(
  given: TaskWeightingConfig | TaskWeightingKind,
  tasks: readonly string[],
): TaskWeighting {
  const config = taskWeightingConfig(given, "taskWeighting");
  return KINDS[config.kind](tasks, config);
}
