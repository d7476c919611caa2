import type { EvaluationReport } from "./evaluation-report.ts";
import type { Baselines } from "./frozen-feature-baseline.ts";
import type { StepPlan } from "./step-plan.ts";
import type { EvaluationEvent, PhaseEndEvent, PhaseRef } from "./train-events.ts";
import type { TrunkWork } from "./vector-source.ts";

/** What came out of a run. JSON as it stands; the weights are in the model. */
export interface TrainResult {
  /** "stagnated": the last phase ended before its epochs did. */
  readonly status: "completed" | "stagnated" | "aborted";
  /** Which weights the model has: those of the best evaluation or those of the last step. */
  readonly weights: "best" | "last";
  readonly best: BestEvaluation | undefined;
  /** Where `baselines` is set. */
  readonly baselines: Baselines | undefined;
  /** Every evaluation, in order. */
  readonly evaluations: readonly EvaluationEvent[];
  readonly phases: readonly PhaseSummary[];
  /** Optimizer steps. */
  readonly steps: number;
  readonly seconds: number;
  /** What the trunk had to do, and what padded batches without a cache would have done. */
  readonly work: TrunkWork;
}

export interface BestEvaluation {
  readonly phase: PhaseRef;
  readonly step: number;
  /** Epochs of the phase that were finished. */
  readonly epoch: number;
  readonly score: number;
  readonly report: EvaluationReport;
}

export interface PhaseSummary extends Omit<PhaseEndEvent, "type"> {
  /** At the start of the phase. */
  readonly plan: StepPlan;
  readonly epochs: number;
}
