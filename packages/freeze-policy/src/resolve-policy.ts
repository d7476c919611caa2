import { EspalierError, type ParamPath } from "@espalier/core";
import { checkPolicy } from "./check-policy.ts";
import type { FreezePolicy, FreezeRule, ParamMatch } from "./freeze-policy.ts";
import { type FreezeSchedule, policyAt, type TrainingPosition } from "./freeze-schedule.ts";
import { countLayers, depthOf } from "./layer-depth.ts";

/** What a policy says of one parameter. */
export interface ParamDecision {
  readonly trainable: boolean;
  /** Factor of the learning rate; 1 where nothing else is said. */
  readonly lrScale: number;
}

/**
 * Decides for every parameter.
 * @param paths all parameters of the network; the number of layers and the tasks are taken from them
 * @param at position in the run, needed by a schedule
 * @returns by parameter name, in the order of `paths`
 * @throws {EspalierError} NAME_UNKNOWN for a task that no path has, CONFIG_INVALID for a layer out of range, a regular
 *   expression that matches no parameter, or a learning-rate factor that is not above 0
 */
export function resolvePolicy(
  policy: FreezePolicy | FreezeSchedule,
  paths: readonly ParamPath[],
  at?: TrainingPosition,
): Map<string, ParamDecision> {
  const { name, rules } = policyAt(policy, at);
  checkPolicy({ name, rules }, paths);
  const layers = countLayers(paths);
  const matched = rules.map((rule) => ({ rule, matches: matcher(rule.match) }));
  const decisions = new Map<string, ParamDecision>();
  for (const path of paths) {
    if (decisions.has(path.name))
      throw new EspalierError(
        "CONFIG_INVALID",
        `freeze "${name}": there are two parameters of the name ${path.name}`,
      );
    let decision: ParamDecision = { trainable: true, lrScale: 1 };
    for (const { rule, matches } of matched)
      if (matches(path)) decision = apply(rule, decision, { path, layers });
    decisions.set(path.name, decision);
  }
  return decisions;
}

function apply(
  { trainable, lrScale }: FreezeRule,
  earlier: ParamDecision,
  { path, layers }: { path: ParamPath; layers: number },
): ParamDecision {
  const scale =
    typeof lrScale === "object"
      ? lrScale.layerwiseDecay ** (layers + 1 - depthOf(path, layers))
      : lrScale;
  return trainable === undefined
    ? { trainable: earlier.trainable, lrScale: scale ?? earlier.lrScale }
    : { trainable, lrScale: scale ?? 1 };
}

function matcher(match: ParamMatch): (path: ParamPath) => boolean {
  const groups = match.group === undefined ? undefined : [match.group].flat();
  const name = match.name === undefined ? undefined : new RegExp(match.name, "u");
  return (path) =>
    (groups === undefined || groups.includes(path.group)) &&
    (match.task === undefined || path.task === match.task) &&
    (match.layer === undefined || path.layer === match.layer) &&
    (match.layersBelow === undefined || isBelow(path, match.layersBelow)) &&
    (name === undefined || name.test(path.name));
}

function isBelow(path: ParamPath, layer: number): boolean {
  return path.group === "embeddings" || (path.layer !== undefined && path.layer < layer);
}
