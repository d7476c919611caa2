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
export {
  type PlanFacts,
  type PlannedModel,
  planStep,
  type StepEstimate,
  type StepPlan,
} from "./step-plan.ts";
export type { TaskWeights } from "./task-weights.ts";
export { type TextTable, textTable } from "./text-table.ts";
export {
  createTrainingSession,
  type SessionOptions,
  type SessionState,
  type StepResult,
  type StepSettings,
  type TrainingBatch,
  type TrainingSession,
} from "./training-session.ts";
export {
  openVectorSource,
  type TrunkWork,
  type VectorSource,
  type VectorSourceOptions,
} from "./vector-source.ts";
