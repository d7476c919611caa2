import { didYouMean, EspalierError } from "@espalier/core";
import {
  checkSchedule,
  type FreezePolicy,
  type FreezeSchedule,
  freeze,
} from "@espalier/freeze-policy";
import type { Tasks } from "@espalier/model";
import type { BaselineOptions } from "./frozen-feature-baseline.ts";
import { type ScheduleConfig, scheduleConfig } from "./learning-rate.ts";
import type { OptimizerConfig } from "./optimizer-config.ts";
import { checkCriterion, type SelectionCriterion } from "./selection-criterion.ts";
import { taskFactors } from "./task-weights.ts";
import type { PhaseOptions, TrainOptions } from "./train-options.ts";
import {
  type TaskWeightingConfig,
  taskWeightingConfig,
} from "./weighting/create-task-weighting.ts";

/** Options with every default filled in. */
export interface RunSettings {
  readonly phases: readonly PhaseSettings[];
  readonly batchSize: number;
  readonly accumulationSteps: number;
  readonly batchOrder: "shuffled" | "similar-length";
  readonly clipNorm: number | "off";
  readonly taskFactors: Readonly<Record<string, number>>;
  readonly taskWeighting: TaskWeightingConfig;
  readonly optimizer: OptimizerConfig;
  readonly seed: number;
  readonly evaluateEverySteps: number | undefined;
  readonly bestBy: SelectionCriterion;
  readonly minimumGain: number;
  readonly keep: "best" | "last";
  readonly baselines: BaselineOptions | undefined;
  readonly cache: "memory" | "off";
  readonly cacheLimitBytes: number;
  readonly vocabulary: "active" | "all";
  readonly signal: AbortSignal | undefined;
  readonly clock: () => number;
}

export interface PhaseSettings {
  readonly name: string;
  readonly freeze: FreezePolicy | FreezeSchedule;
  readonly epochs: number;
  readonly learningRate: number;
  readonly headLearningRate: number;
  readonly warmup: number | { readonly steps: number };
  readonly schedule: ScheduleConfig;
  readonly patience: number | undefined;
}

const LEARNING_RATE = 1e-4;
const HEAD_LEARNING_RATE = 1e-3;

/**
 * Checks options and fills in the defaults.
 * @throws {EspalierError} CONFIG_INVALID with every problem, one a line, each naming the option, the value and what is
 *   expected
 */
export function runSettings(options: TrainOptions, tasks: Tasks): RunSettings {
  const problems: string[] = [];
  const attempt = <Value>(make: () => Value): Value => {
    try {
      return make();
    } catch (error) {
      if (!EspalierError.isInstance(error)) throw error;
      problems.push((error as Error).message);
      return undefined as never; // never read: the problem is thrown below
    }
  };
  const check = (name: string, value: unknown, range: Range): void => {
    if (!range.valid(value)) problems.push(`${name}: ${shown(value)}, expected ${range.expected}`);
  };
  unknownKeys(options, OPTION_KEYS, "").map((problem) => problems.push(problem));
  const names = Object.keys(tasks);
  if (names.length === 0) problems.push("the model has no tasks, so there is nothing to train for");
  for (const [name, range] of Object.entries(RANGES)) {
    const value = options[name as keyof TrainOptions];
    if (value !== undefined) check(name, value, range);
  }
  for (const [i, phase] of phasesOf(options, problems).entries()) {
    const place = options.phases === undefined ? "" : `phases.${i}.`;
    if (place !== "") problems.push(...unknownKeys(phase, PHASE_KEYS, place));
    for (const [name, range] of Object.entries(PHASE_RANGES)) {
      const value = phase[name as keyof PhaseOptions];
      if (value !== undefined) check(place + name, value, range);
    }
    if (phase.patience !== undefined && options.validation === undefined)
      problems.push(`${place}patience: needs validation rows to be judged by`);
  }
  const settings: RunSettings = {
    phases: phasesOf(options, []).map((phase, i) =>
      attempt(() => phaseSettings(phase, options.phases === undefined ? "" : `phases.${i}.`)),
    ),
    batchSize: options.batchSize ?? 32,
    accumulationSteps: options.accumulationSteps ?? 1,
    batchOrder: options.batchOrder ?? "shuffled",
    clipNorm: options.clipNorm ?? 1,
    taskFactors:
      names.length === 0 ? {} : attempt(() => taskFactors(options.taskWeights ?? "equal", names)),
    taskWeighting: attempt(() =>
      taskWeightingConfig(options.taskWeighting ?? "fixed", "taskWeighting"),
    ),
    optimizer: options.optimizer ?? { kind: "adamw" },
    seed: options.seed ?? 1,
    evaluateEverySteps: options.evaluateEverySteps,
    bestBy: options.bestBy ?? "main-metrics",
    minimumGain: options.minimumGain ?? 0,
    keep: options.keep ?? "best",
    baselines: options.baselines === true ? {} : options.baselines || undefined,
    cache: options.cache ?? "memory",
    cacheLimitBytes: options.cacheLimitBytes ?? 2 ** 30,
    vocabulary: options.vocabulary ?? "active",
    signal: options.signal,
    clock: options.clock ?? (() => performance.now()),
  };
  attempt(() => checkCriterion(settings.bestBy, tasks));
  if (options.validation === undefined)
    for (const name of ["evaluateEverySteps", "bestBy", "baselines"] as const)
      if (options[name] !== undefined && options[name] !== false)
        problems.push(`${name}: needs validation rows to be judged by`);
  if (problems.length > 0) throw new EspalierError("CONFIG_INVALID", problems.join("\n"));
  return settings;
}

function phasesOf(options: TrainOptions, problems: string[]): readonly PhaseOptions[] {
  if (options.phases === undefined) return [options];
  if (options.phases.length === 0) problems.push("phases: empty, expected at least one");
  for (const key of PHASE_KEYS)
    if (options[key] !== undefined)
      problems.push(`${key}: given beside phases; write it into each phase`);
  return options.phases;
}

function phaseSettings(phase: PhaseOptions, place: string): PhaseSettings {
  const policy = phase.freeze ?? freeze.none();
  if ("phases" in policy) checkSchedule(policy, `${place}freeze`);
  const { learningRate } = phase;
  return {
    name: phase.name ?? policy.name,
    freeze: policy,
    epochs: phase.epochs ?? 3,
    learningRate: learningRate ?? LEARNING_RATE,
    headLearningRate: phase.headLearningRate ?? learningRate ?? HEAD_LEARNING_RATE,
    warmup: phase.warmup ?? 0.1,
    schedule: scheduleConfig(phase.schedule ?? "linear", `${place}schedule`),
    patience: phase.patience,
  };
}

interface Range {
  valid(value: unknown): boolean;
  readonly expected: string;
}

const WHOLE: Range = {
  valid: (value) => Number.isInteger(value) && (value as number) >= 1,
  expected: "a whole number from 1",
};
const POSITIVE: Range = {
  valid: (value) => typeof value === "number" && value > 0 && value < Infinity,
  expected: "a number above 0",
};
const AT_LEAST_ZERO: Range = {
  valid: (value) => typeof value === "number" && value >= 0 && value < Infinity,
  expected: "a number from 0",
};

const oneOf = (...choices: readonly string[]): Range => ({
  valid: (value) => choices.includes(value as string),
  expected: choices.map((choice) => JSON.stringify(choice)).join(" or "),
});

const RANGES: Partial<Record<keyof TrainOptions, Range>> = {
  validation: {
    valid: (value) => typeof value !== "number" || (value > 0 && value < 1),
    expected: "a dataset, a file, or a share between 0 and 1",
  },
  batchSize: WHOLE,
  accumulationSteps: WHOLE,
  batchOrder: oneOf("shuffled", "similar-length"),
  clipNorm: {
    valid: (value) => value === "off" || POSITIVE.valid(value),
    expected: 'a number above 0, or "off"',
  },
  seed: {
    valid: (value) => typeof value === "number" && Number.isFinite(value),
    expected: "a number",
  },
  evaluateEverySteps: WHOLE,
  minimumGain: AT_LEAST_ZERO,
  keep: oneOf("best", "last"),
  cache: oneOf("memory", "off"),
  cacheLimitBytes: AT_LEAST_ZERO,
  vocabulary: oneOf("active", "all"),
};

const PHASE_RANGES: Partial<Record<keyof PhaseOptions, Range>> = {
  epochs: WHOLE,
  learningRate: POSITIVE,
  headLearningRate: POSITIVE,
  warmup: {
    valid(value) {
      if (typeof value === "number") return value >= 0 && value <= 1;
      const steps = (value as { steps?: unknown } | null)?.steps;
      return steps === 0 || WHOLE.valid(steps);
    },
    expected: "a share from 0 to 1, or { steps }",
  },
  patience: WHOLE,
};

const PHASE_KEYS = [
  "name",
  "freeze",
  "epochs",
  "learningRate",
  "headLearningRate",
  "warmup",
  "schedule",
  "patience",
] as const satisfies readonly (keyof PhaseOptions)[];

const OPTION_KEYS: readonly string[] = [
  ...PHASE_KEYS,
  ...Object.keys(RANGES),
  "train",
  "phases",
  "taskWeights",
  "taskWeighting",
  "optimizer",
  "bestBy",
  "baselines",
  "signal",
  "onEvent",
  "clock",
];

function unknownKeys(options: object, known: readonly string[], place: string): string[] {
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => `${place}${key}: there is no such option${didYouMean(key, known)}`);
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
}
