import type { EvaluationReport } from "./evaluation-report.ts";
import type { Baselines } from "./frozen-feature-baseline.ts";
import type { ActiveRowCount, StepPlan } from "./step-plan.ts";
import type { TrainResult } from "./train-result.ts";
import type { TrunkWork } from "./vector-source.ts";

/** What happens while training, in order; told apart by `type`. All of it is plain data. */
export type TrainEvent =
  | StartEvent
  | PhaseStartEvent
  | UnfrozenEvent
  | CacheEvent
  | BaselinesEvent
  | StepEvent
  | EvaluationEvent
  | BestEvent
  | StagnatedEvent
  | PhaseEndEvent
  | EndEvent;

/** Which phase, from 0, of how many. */
export interface PhaseRef {
  readonly index: number;
  readonly count: number;
  readonly name: string;
}

export interface StartEvent {
  readonly type: "start";
  readonly tasks: readonly string[];
  readonly rows: { readonly train: number; readonly validation: number };
  /** Rows without a label of any task, which are left out. */
  readonly unlabelled: number;
  /** Distinct texts, and their tokens together. */
  readonly texts: number;
  readonly tokens: number;
  readonly phases: readonly string[];
  /** Optimizer steps of all phases, if none ends early. */
  readonly totalSteps: number;
}

export interface PhaseStartEvent {
  readonly type: "phase-start";
  readonly phase: PhaseRef;
  readonly plan: StepPlan;
  /** Rows that matter to what trains. */
  readonly rows: number;
  readonly epochs: number;
  /** Optimizer steps, if it does not end early. */
  readonly steps: number;
}

/** More trains than before: a new phase, or a schedule within one. */
export interface UnfrozenEvent {
  readonly type: "unfrozen";
  readonly phase: PhaseRef;
  readonly plan: StepPlan;
  /** Parameters that did not train before. */
  readonly parameters: readonly string[];
}

/** The frozen layers are being computed, each text once. */
export interface CacheEvent {
  readonly type: "cache";
  readonly phase: PhaseRef;
  readonly done: number;
  readonly total: number;
}

/** What the untrained trunk reaches; after the start, where `baselines` is set. */
export interface BaselinesEvent {
  readonly type: "baselines";
  readonly baselines: Baselines;
}

export interface StepEvent {
  readonly type: "step";
  readonly phase: PhaseRef;
  /** Optimizer steps of the run so far, from 1, and at most. */
  readonly step: number;
  readonly totalSteps: number;
  /** Epoch of the phase, from 1, and at most. */
  readonly epoch: number;
  readonly epochs: number;
  /** Weighted sum. */
  readonly loss: number;
  /** By task; one without labelled rows in this step is absent. */
  readonly losses: Readonly<Record<string, number>>;
  /** Of the trunk, before the policy's factors. */
  readonly learningRate: number;
  readonly headLearningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  /** Over the last ten seconds. */
  readonly sentencesPerSecond: number | undefined;
  /** Until the end of this phase, if it does not end early, without evaluations. */
  readonly etaSeconds: number | undefined;
}

export interface EvaluationEvent {
  readonly type: "evaluation";
  readonly phase: PhaseRef;
  readonly step: number;
  /** Epochs of the phase that are finished. */
  readonly epoch: number;
  readonly report: EvaluationReport;
  /** What `bestBy` makes of the report, higher is better. */
  readonly score: number;
  /** The factors that `taskWeighting` gives the tasks at present, where it is of a kind with factors that last. */
  readonly taskFactors?: Readonly<Record<string, number>>;
}

/** The evaluation just seen is the best one so far; its weights are kept where `keep` is "best". */
export interface BestEvent {
  readonly type: "best";
  readonly phase: PhaseRef;
  readonly step: number;
  readonly epoch: number;
  readonly score: number;
}

/** `patience` evaluations brought nothing better: the phase ends. */
export interface StagnatedEvent {
  readonly type: "stagnated";
  readonly phase: PhaseRef;
  readonly step: number;
  readonly evaluations: number;
}

export interface PhaseEndEvent {
  readonly type: "phase-end";
  readonly phase: PhaseRef;
  readonly ended: "completed" | "stagnated" | "aborted";
  /** Optimizer steps of this phase. */
  readonly steps: number;
  readonly seconds: number;
  readonly cacheBytes: number;
  /** Where the word table trained, but not all of its rows. */
  readonly activeRows?: ActiveRowCount;
  readonly work: TrunkWork;
}

export interface EndEvent {
  readonly type: "end";
  readonly result: TrainResult;
}
