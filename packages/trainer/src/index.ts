export { type EvaluateOptions, evaluate } from "./evaluate.ts";
export type { EvaluationReport, TaskReport } from "./evaluation-report.ts";
export {
  type BaselineOptions,
  type BaselineScores,
  type Baselines,
  frozenFeatureBaseline,
  type TaskBaseline,
} from "./frozen-feature-baseline.ts";
export {
  learningRateFactor,
  SCHEDULE_NAMES,
  type Schedule,
  type ScheduleConfig,
  type ScheduleName,
  type ScheduleSpan,
  scheduleConfig,
} from "./learning-rate.ts";
export type { OptimizerConfig } from "./optimizer-config.ts";
export type { SelectionCriterion } from "./selection-criterion.ts";
export {
  type ActiveRowCount,
  type PlanFacts,
  type PlannedModel,
  planStep,
  type StepEstimate,
  type StepPlan,
} from "./step-plan.ts";
export type { TaskWeights } from "./task-weights.ts";
export { textFacts } from "./text-facts.ts";
export { type TextTable, textTable } from "./text-table.ts";
export { train, trainEvents } from "./train.ts";
export type {
  BaselinesEvent,
  BestEvent,
  CacheEvent,
  EndEvent,
  EvaluationEvent,
  PhaseEndEvent,
  PhaseRef,
  PhaseStartEvent,
  StagnatedEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
  UnfrozenEvent,
} from "./train-events.ts";
export type { PhaseOptions, TrainOptions } from "./train-options.ts";
export type { BestEvaluation, PhaseSummary, TrainResult } from "./train-result.ts";
export {
  createTrainingSession,
  type SessionOptions,
  type SessionState,
  type StepResult,
  type StepSettings,
  type TrainingBatch,
  type TrainingSession,
} from "./training-session.ts";
export { type TransferRecipeOptions, transferRecipe } from "./transfer-recipe.ts";
export {
  openVectorSource,
  type TrunkWork,
  type VectorSource,
  type VectorSourceOptions,
} from "./vector-source.ts";
export {
  createTaskWeighting,
  TASK_WEIGHTING_KINDS,
  type TaskWeightingConfig,
  type TaskWeightingKind,
} from "./weighting/create-task-weighting.ts";
export type { TaskWeighting, WeightingState } from "./weighting/task-weighting.ts";
