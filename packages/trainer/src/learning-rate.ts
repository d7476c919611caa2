import { didYouMean, EspalierError } from "@espalier/core";

/** A named course of the learning rate, with its settings where it has any. JSON as it stands. */
export type Schedule = ScheduleName | ScheduleConfig;

export type ScheduleName = ScheduleConfig["kind"];

export type ScheduleConfig =
  /** The peak throughout; no warm-up. */
  | { readonly kind: "constant" }
  /** Warm-up, then the peak. */
  | { readonly kind: "constant_with_warmup" }
  /** Warm-up, then straight down to 0. */
  | { readonly kind: "linear" }
  /** Warm-up, then `cycles` periods of a cosine between peak and 0. Default 0.5: once down. */
  | { readonly kind: "cosine"; readonly cycles?: number }
  /** Warm-up, then `cycles` half cosines, each from the peak to 0. Default 1. */
  | { readonly kind: "cosine_with_restarts"; readonly cycles?: number }
  /** Cosine down to `minimumShare` of the peak. Default 0.1. */
  | {
      readonly kind: "cosine_with_min_lr";
      readonly minimumShare?: number;
      readonly cycles?: number;
    }
  /** Warm-up, then down to `endShare` of the peak (default 0) by the remaining share to a `power` (default 1). */
  | { readonly kind: "polynomial"; readonly power?: number; readonly endShare?: number }
  /** Warm-up, then `1 / √` of the steps. `timescale` in steps, default the warm-up, or 10,000 without one. */
  | { readonly kind: "inverse_sqrt"; readonly timescale?: number }
  /** Warm-up, the peak, and a half cosine to 0 over the last `decaySteps`. Default a tenth of all steps. */
  | { readonly kind: "warmup_stable_decay"; readonly decaySteps?: number }
  /** A short way up over the share `cut` of the steps (default 0.1) from `1 / ratio` (32) of the peak, a long way
   *  down; no other warm-up (Howard & Ruder 2018, section 3.2). */
  | { readonly kind: "slanted_triangular"; readonly cut?: number; readonly ratio?: number };

export interface ScheduleSpan {
  /** Steps over which the learning rate rises from 0; the first step has rate 0 when there are any. */
  readonly warmupSteps: number;
  /** Optimizer steps of the phase. */
  readonly totalSteps: number;
}

/**
 * The factor of the peak learning rate at a step, as `transformers.get_scheduler` has it. It may fall below 0 in the last
 * steps of "slanted_triangular", whose formula does where the share of rising steps is not whole; training uses 0 there.
 * @param step from 0; steps past the end are allowed and get what the formula says
 * @throws {EspalierError} CONFIG_INVALID for an unknown schedule or a setting out of range
 */
export function learningRateFactor(schedule: Schedule, span: ScheduleSpan, step: number): number {
  const config = scheduleConfig(schedule);
  const { warmupSteps, totalSteps } = span;
  if (config.kind === "constant") return 1;
  if (config.kind === "slanted_triangular") return slanted(config, totalSteps, step);
  if (step < warmupSteps) return step / Math.max(1, warmupSteps);
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  switch (config.kind) {
    case "constant_with_warmup":
      return 1;
    case "linear":
      return Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
    case "cosine":
      return cosine(progress * 2 * (config.cycles ?? 0.5));
    case "cosine_with_restarts":
      return progress >= 1 ? 0 : cosine(((config.cycles ?? 1) * progress) % 1);
    case "cosine_with_min_lr": {
      const minimum = config.minimumShare ?? 0.1;
      return Math.max(0, cosine(progress * 2 * (config.cycles ?? 0.5)) * (1 - minimum) + minimum);
    }
    case "polynomial": {
      const { power = 1, endShare = 0 } = config;
      return progress >= 1 ? endShare : (1 - endShare) * (1 - progress) ** power + endShare;
    }
    case "inverse_sqrt": {
      const timescale = config.timescale ?? (warmupSteps || 10_000);
      return 1 / Math.sqrt((step - warmupSteps + timescale) / timescale);
    }
    case "warmup_stable_decay": {
      const decaySteps = config.decaySteps ?? Math.ceil(totalSteps / 10);
      const decayed = step - (totalSteps - decaySteps);
      if (decayed < 0) return 1;
      return decayed < decaySteps ? cosine(decayed / Math.max(1, decaySteps)) : 0;
    }
  }
}

/** Every schedule there is. */
export const SCHEDULE_NAMES: readonly ScheduleName[] = [
  "constant",
  "constant_with_warmup",
  "linear",
  "cosine",
  "cosine_with_restarts",
  "cosine_with_min_lr",
  "polynomial",
  "inverse_sqrt",
  "warmup_stable_decay",
  "slanted_triangular",
];

/**
 * Spells a schedule out and checks its settings.
 * @param place how messages name it
 * @throws {EspalierError} CONFIG_INVALID for an unknown schedule or setting, or a setting out of range
 */
export function scheduleConfig(schedule: Schedule, place = "schedule"): ScheduleConfig {
  const config = typeof schedule === "string" ? { kind: schedule } : schedule;
  const allowed = Object.hasOwn(SETTINGS, config.kind) ? SETTINGS[config.kind] : undefined;
  if (allowed === undefined)
    throw new EspalierError(
      "CONFIG_INVALID",
      `${place}: "${config.kind}" is not one of ${SCHEDULE_NAMES.join(", ")}${didYouMean(config.kind, SCHEDULE_NAMES)}`,
    );
  for (const [name, value] of Object.entries(config)) {
    if (name === "kind" || value === undefined) continue;
    const range = allowed[name];
    if (range === undefined)
      throw new EspalierError(
        "CONFIG_INVALID",
        `${place}: "${config.kind}" has no setting "${name}"${didYouMean(name, Object.keys(allowed))}`,
      );
    const [valid, expected] = range;
    if (!valid(value as number))
      throw new EspalierError(
        "CONFIG_INVALID",
        `${place}: ${name} of "${config.kind}" is ${value}, expected ${expected}`,
      );
  }
  return config as ScheduleConfig;
}

type Range = readonly [valid: (value: number) => boolean, expected: string];

const ABOVE_ZERO: Range = [(value) => value > 0 && value < Infinity, "more than 0"];
const SHARE: Range = [(value) => value >= 0 && value <= 1, "0 to 1"];
const WHOLE: Range = [(value) => Number.isInteger(value) && value > 0, "a whole number from 1"];

const SETTINGS: Readonly<Record<ScheduleName, Readonly<Record<string, Range>>>> = {
  constant: {},
  constant_with_warmup: {},
  linear: {},
  cosine: { cycles: ABOVE_ZERO },
  cosine_with_restarts: { cycles: ABOVE_ZERO },
  cosine_with_min_lr: { cycles: ABOVE_ZERO, minimumShare: SHARE },
  polynomial: { power: ABOVE_ZERO, endShare: SHARE },
  inverse_sqrt: { timescale: ABOVE_ZERO },
  warmup_stable_decay: { decaySteps: WHOLE },
  slanted_triangular: {
    cut: [(value) => value > 0 && value < 1, "between 0 and 1"],
    ratio: [(value) => value >= 1 && value < Infinity, "at least 1"],
  },
};

/** The half period that falls from 1 at 0 to 0 at 1, never below 0. */
function cosine(x: number): number {
  return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * x)));
}

function slanted(
  { cut = 0.1, ratio = 32 }: { readonly cut?: number; readonly ratio?: number },
  totalSteps: number,
  step: number,
): number {
  const peak = Math.floor(totalSteps * cut);
  // Fewer steps than 1 / cut leave no way up: straight down, as the formula has it in the limit.
  const share =
    step < peak ? step / peak : 1 - (step - peak) / Math.max(1, peak * (1 / cut - 1) || totalSteps);
  return (1 + share * (ratio - 1)) / ratio;
}
