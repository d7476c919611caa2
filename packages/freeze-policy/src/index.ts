export { checkPolicy } from "./check-policy.ts";
export { type Freeze, freeze, type PhaseLength } from "./freeze.ts";
export type { FreezePolicy, FreezeRule, LayerwiseDecay, ParamMatch } from "./freeze-policy.ts";
export {
  checkSchedule,
  type FreezePhase,
  type FreezeSchedule,
  policyAt,
  type TrainingPosition,
} from "./freeze-schedule.ts";
export { type Boundary, frozenPrefix } from "./frozen-prefix.ts";
export { type ParsePolicyOptions, parsePolicy } from "./parse-policy.ts";
export { policyFromJson, scheduleFromJson } from "./policy-json.ts";
export { type ParamDecision, resolvePolicy } from "./resolve-policy.ts";
export {
  type PolicyCounts,
  type PolicyGroup,
  type PolicySummary,
  type SizedParamPath,
  summarize,
} from "./summarize.ts";
