import type { Plan } from "./plan.ts";
import { isConstant, type Value } from "./value.ts";

/** The runtime's arena grows by doubling, so it may hold twice what is needed at one time. */
const ARENA_GROWTH = 2;

/**
 * What the intermediate results of a graph may keep in memory between runs: those that are alive at one time, as the runtime uses
 * buffers again, with room for how its arena grows. What operators use for themselves is not known and not counted.
 */
export function intermediateBytes({ steps }: Pick<Plan, "steps">): number {
  const lastReads = new Map<Value, number>();
  steps.forEach((step, at) => {
    const read = "outputs" in step ? step.inputs : [step.source];
    for (const input of read) {
      if (input == null || isConstant(input)) continue;
      lastReads.set(input.source ?? input, at);
    }
  });
  const freed = new Map<number, number>();
  let alive = 0;
  let most = 0;
  let all = 0;
  steps.forEach((step, at) => {
    if (!("outputs" in step)) return;
    for (const output of step.outputs) {
      if (output.holders > 0) continue;
      const bytes = output.size * 4;
      const last = Math.max(at, lastReads.get(output) ?? at);
      freed.set(last, (freed.get(last) ?? 0) + bytes);
      alive += bytes;
      all += bytes;
    }
    most = Math.max(most, alive);
    alive -= freed.get(at) ?? 0;
  });
  return Math.min(all, ARENA_GROWTH * most);
}
