import type { Dataset } from "@espalier/data";
import type { FreezePolicy, FreezeSchedule } from "@espalier/freeze-policy";
import type { BaselineOptions } from "./frozen-feature-baseline.ts";
import type { Schedule } from "./learning-rate.ts";
import type { OptimizerConfig } from "./optimizer-config.ts";
import type { SelectionCriterion } from "./selection-criterion.ts";
import type { TaskWeights } from "./task-weights.ts";
import type { TrainEvent } from "./train-events.ts";
import type { TaskWeightingConfig, TaskWeightingKind } from "./weighting/create-task-weighting.ts";

/** A stretch of training with one freeze policy and one course of the learning rate. */
export interface PhaseOptions {
  /** Shown in plans and progress lines. Default: the policy's name. */
  readonly name?: string;
  /** What trains. A schedule counts epochs and steps of this phase. Default `freeze.none()`: everything. */
  readonly freeze?: FreezePolicy | FreezeSchedule;
  /** Passes over the training rows, at most. Default 3. */
  readonly epochs?: number;
  /** Peak learning rate of the trunk. Default 1e-4. */
  readonly learningRate?: number;
  /** Peak learning rate of the heads. Default: ten times the trunk's default; the trunk's, where that is given. */
  readonly headLearningRate?: number;
  /** Share of the phase's steps over which the learning rate rises, or a number of steps. Default 0.1. */
  readonly warmup?: number | { readonly steps: number };
  /** Default "linear". */
  readonly schedule?: Schedule;
  /** Evaluations without a better score that end the phase; the next one starts from its best weights. Never by default. */
  readonly patience?: number;
}

export interface TrainOptions extends PhaseOptions {
  /** Rows to learn from, or a file of them (CSV, TSV, JSONL) whose label columns are named as the tasks. */
  readonly train: Dataset | string;
  /** Rows to be judged by: a dataset, a file, or a share of `train` split off by the seed. Default none. */
  readonly validation?: Dataset | string | number;
  /** One after the other; instead of a single phase made of the fields above. */
  readonly phases?: readonly PhaseOptions[];
  /** Rows a batch. Default 32. */
  readonly batchSize?: number;
  /** Batches an update; their losses are averaged. Default 1. */
  readonly accumulationSteps?: number;
  /** "similar-length" puts texts of like length together. Default "shuffled": nothing is padded anyway. */
  readonly batchOrder?: "shuffled" | "similar-length";
  /** Largest global norm of the gradients, "off" for no clipping. Default 1. */
  readonly clipNorm?: number | "off";
  /** A fixed factor for each task's loss. Default "equal". */
  readonly taskWeights?: TaskWeights;
  /** How the losses, with these factors, become the one that is minimised. Default "fixed": their sum. */
  readonly taskWeighting?: TaskWeightingConfig | TaskWeightingKind;
  /** Default AdamW with weight decay 0.01. */
  readonly optimizer?: OptimizerConfig;
  /** Order of the rows, dropout and the split depend on it alone. Default 1. */
  readonly seed?: number;
  /** Steps between evaluations besides those after each epoch. Default: none. */
  readonly evaluateEverySteps?: number;
  /** What "best" means. Default "main-metrics": the mean over the tasks of what each is judged by. */
  readonly bestBy?: SelectionCriterion;
  /** Smallest gain that counts as better for `patience`. Default 0. */
  readonly minimumGain?: number;
  /** The weights at the end: those of the best evaluation (default, where there is validation) or the last ones. */
  readonly keep?: "best" | "last";
  /** Also measures constant answers and linear models on the untrained trunk's vectors. Default false. */
  readonly baselines?: boolean | BaselineOptions;
  /** "off" computes frozen layers in every batch. Default "memory". */
  readonly cache?: "memory" | "off";
  /** Frozen results that take more are not cached. Default 1 GiB. */
  readonly cacheLimitBytes?: number;
  /**
   * "active" (default) keeps gradients and moments of those rows of the word table only that the training texts use; the
   * numbers are those of "all". Without effect where the table is frozen, or under SGD with weight decay.
   */
  readonly vocabulary?: "active" | "all";
  /** Cancels: the step is finished, the model keeps its last weights, the result says "aborted". */
  readonly signal?: AbortSignal;
  /** Called with every event, before training goes on. */
  readonly onEvent?: (event: TrainEvent) => void;
  /** Milliseconds, never going back. Default `performance.now`. */
  readonly clock?: () => number;
}
