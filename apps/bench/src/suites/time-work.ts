import { SGEMM, type Sgemm, sgemmContender } from "../limit/sgemm.ts";
import { type Contender, interleave } from "../method/interleave.ts";
import { skippedFor } from "../peers/or-skipped.ts";
import type { Skipped } from "../report/bench-report.ts";
import { limitOf, type MeasurementInput, measurement } from "../report/measurement.ts";
import type { Findings } from "./findings.ts";
import type { SuiteContext } from "./suite.ts";

export interface Timing extends Omit<MeasurementInput, "values" | "limit"> {
  /** The first is the program's own work. */
  readonly contenders: readonly Contender[];
  /** Those that can't take part. Default: none. */
  readonly skipped?: readonly Skipped[];
  /** Counted rounds. Default: the run's. */
  readonly rounds?: number;
  /** Rounds before them. Default: the run's. */
  readonly warmup?: number;
  /** The matrix products that the work needs, which are timed in the same rounds. */
  readonly limit?: { readonly sgemm: Sgemm; readonly flops: number };
  /** Called before each round, with its number from 0; warm-up rounds count. */
  readonly beforeRound?: (round: number) => void;
}

/**
 * Times one piece of work in turn; contenders that fail are named with the reason.
 * @throws {EspalierError} ABORTED; what the own work throws
 */
export async function timeWork(timing: Timing, context: SuiteContext): Promise<Findings> {
  const { contenders, skipped = [], limit, beforeRound, ...about } = timing;
  const { rounds = context.rounds, warmup = context.warmup } = timing;
  const { work } = about;
  const speeds: number[] = [];
  const { timings, failures } = await interleave(
    limit === undefined ? contenders : withSgemm(contenders, limit.sgemm, speeds),
    {
      rounds,
      warmup,
      pauseMs: context.pauseMs,
      signal: context.signal,
      onRound(done, total) {
        context.progress(`${work}  round ${done + 1} of ${total}`);
        beforeRound?.(done);
      },
    },
  );
  const values = new Map([...timings].filter(([contender]) => contender !== SGEMM));
  const limits = limit && { limit: limitOf(limit.flops, speeds.slice(warmup)) };
  return {
    measurements: [measurement({ ...about, values, ...limits })],
    skipped: [
      ...skipped,
      ...Array.from(failures, ([contender, error]) => skippedFor({ contender, work }, error)),
    ],
  };
}

/** The products right after the own work, when the machine is as fast as it was then. */
function withSgemm(
  [own, ...rivals]: readonly Contender[],
  sgemm: Sgemm,
  speeds: number[],
): Contender[] {
  if (own === undefined) return [];
  let workSeconds = 0;
  const watched: Contender = {
    name: own.name,
    async round() {
      workSeconds = await own.round();
      return workSeconds;
    },
  };
  return [watched, sgemmContender(sgemm, () => workSeconds, speeds), ...rivals];
}
