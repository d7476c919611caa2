import { EspalierError } from "@espalier/core";
import type { FreezePolicy } from "./freeze-policy.ts";

/** A position in a training run. */
export interface TrainingPosition {
  /** Epochs finished, from 0. */
  readonly epoch: number;
  /** Optimizer steps finished, from 0. */
  readonly step: number;
}

/** A policy and when it begins. */
export interface FreezePhase {
  /** First epoch or step (the schedule's unit) of this phase. */
  readonly from: number;
  readonly policy: FreezePolicy;
}

/** Policies that follow one another. The first phase begins at 0, later ones in rising order. */
export interface FreezeSchedule {
  readonly name: string;
  readonly unit: "epoch" | "step";
  readonly phases: readonly FreezePhase[];
}

/**
 * The policy in force at a position; a policy without a schedule always is.
 * @throws {EspalierError} CONFIG_INVALID when the schedule is empty, does not begin at 0 or is out of order, or when a
 *   position is missing or not made of whole numbers from 0
 */
export function policyAt(
  policy: FreezePolicy | FreezeSchedule,
  at?: TrainingPosition,
): FreezePolicy {
  if (!("phases" in policy)) return policy;
  checkSchedule(policy);
  const now = at?.[policy.unit];
  if (now === undefined || !Number.isInteger(now) || now < 0)
    throw new EspalierError(
      "CONFIG_INVALID",
      `freeze schedule "${policy.name}": needs the ${policy.unit} it is asked for, a whole number from 0, got ${now}`,
    );
  const phase = policy.phases.findLast(({ from }) => from <= now) as FreezePhase;
  return phase.policy;
}

/** @throws {EspalierError} CONFIG_INVALID when the phases are empty, do not begin at 0 or do not rise */
export function checkSchedule(schedule: FreezeSchedule, place?: string): void {
  const where = place ?? `freeze schedule "${schedule.name}"`;
  const { phases } = schedule;
  if (phases.length === 0)
    throw new EspalierError("CONFIG_INVALID", `${where}.phases: has no phase`);
  for (const [i, { from }] of phases.entries()) {
    const previous = phases[i - 1]?.from;
    const expected = previous === undefined ? "0" : `a whole number above ${previous}`;
    if (previous === undefined ? from !== 0 : !(Number.isInteger(from) && from > previous))
      throw new EspalierError(
        "CONFIG_INVALID",
        `${where}.phases.${i}.from: ${from}, expected ${expected}`,
      );
  }
}
