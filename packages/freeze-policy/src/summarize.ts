import type { ParamGroup, ParamPath } from "@espalier/core";
import type { FreezePolicy } from "./freeze-policy.ts";
import type { FreezeSchedule, TrainingPosition } from "./freeze-schedule.ts";
import { type ParamDecision, resolvePolicy } from "./resolve-policy.ts";

/** A parameter and how many values it has. */
export interface SizedParamPath extends ParamPath {
  readonly size: number;
}

/** Counts over some parameters; sizes are numbers of values, not bytes. */
export interface PolicyCounts {
  readonly parameters: number;
  readonly size: number;
  readonly trainableParameters: number;
  readonly trainableSize: number;
}

/** One part of the network: the embeddings, one layer, the pooler, one head. */
export interface PolicyGroup extends PolicyCounts {
  readonly group: ParamGroup;
  readonly layer?: number;
  readonly task?: string;
  /** The learning-rate factors of what trains, rising, each once. */
  readonly lrScales: readonly number[];
}

export interface PolicySummary extends PolicyCounts {
  readonly name: string;
  /** From the text up, heads in the order of their first parameter. */
  readonly groups: readonly PolicyGroup[];
}

/**
 * What a policy would train, for previews.
 * @param at position in the run, needed by a schedule
 * @throws {EspalierError} as `resolvePolicy`
 */
export function summarize(
  policy: FreezePolicy | FreezeSchedule,
  paths: readonly SizedParamPath[],
  at?: TrainingPosition,
): PolicySummary {
  const decisions = resolvePolicy(policy, paths, at);
  const decided = paths.map((path) => ({
    path,
    decision: decisions.get(path.name) as ParamDecision,
  }));
  const parts = new Map<string, Decided[]>();
  for (const one of decided) {
    const key = JSON.stringify([one.path.group, one.path.layer, one.path.task]);
    parts.set(key, [...(parts.get(key) ?? []), one]);
  }
  const groups = [...parts.values()].map((part): PolicyGroup => {
    const { group, layer, task } = (part[0] as Decided).path;
    const scales = part.filter((one) => one.decision.trainable).map((one) => one.decision.lrScale);
    return {
      group,
      ...(layer === undefined ? {} : { layer }),
      ...(task === undefined ? {} : { task }),
      ...count(part),
      lrScales: [...new Set(scales)].sort((a, b) => a - b),
    };
  });
  // A stable sort: heads stay in order.
  groups.sort(
    (a, b) =>
      GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) || (a.layer ?? -1) - (b.layer ?? -1),
  );
  return { name: policy.name, ...count(decided), groups };
}

const GROUPS: readonly ParamGroup[] = ["embeddings", "encoder", "pooler", "head"];

interface Decided {
  readonly path: SizedParamPath;
  readonly decision: ParamDecision;
}

function count(decided: readonly Decided[]): PolicyCounts {
  const trainable = decided.filter(({ decision }) => decision.trainable);
  const size = (some: readonly Decided[]) => some.reduce((sum, { path }) => sum + path.size, 0);
  return {
    parameters: decided.length,
    size: size(decided),
    trainableParameters: trainable.length,
    trainableSize: size(trainable),
  };
}
