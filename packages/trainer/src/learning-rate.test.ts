import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  learningRateFactor,
  SCHEDULE_NAMES,
  type Schedule,
  type ScheduleName,
  scheduleConfig,
} from "./learning-rate.ts";

interface Golden {
  schedule: ScheduleName;
  lr: number;
  warmup_steps: number | null;
  total_steps: number;
  options: Record<string, number>;
  values: number[];
}

const { schedules } = JSON.parse(
  readFileSync(new URL("../test/fixtures/schedules.json", import.meta.url), "utf8"),
) as { schedules: Golden[] };

/** The settings of `transformers.get_scheduler` in our names. */
function settings({ schedule, lr, options }: Golden): Schedule {
  const names: Record<string, string> = {
    num_cycles: "cycles",
    power: "power",
    timescale: "timescale",
    min_lr_rate: "minimumShare",
    num_decay_steps: "decaySteps",
    cut_frac: "cut",
    ratio: "ratio",
  };
  const config: Record<string, unknown> = { kind: schedule };
  for (const [name, value] of Object.entries(options))
    if (name === "lr_end") config.endShare = value / lr;
    else config[names[name] as string] = value;
  if (schedule === "polynomial") config.endShare ??= 1e-7 / lr;
  return config as unknown as Schedule;
}

describe("learningRateFactor", () => {
  it("covers every schedule with golden values", () => {
    expect(new Set(schedules.map(({ schedule }) => schedule))).toEqual(new Set(SCHEDULE_NAMES));
  });

  it.each(schedules.map((golden, i) => [`${golden.schedule} ${i}`, golden] as const))(
    "gives the rates of transformers: %s",
    (_name, golden) => {
      const span = { warmupSteps: golden.warmup_steps ?? 0, totalSteps: golden.total_steps };
      for (const [step, expected] of golden.values.entries()) {
        const rate = golden.lr * learningRateFactor(settings(golden), span, step);
        expect(Math.abs(rate - expected), `step ${step}`).toBeLessThanOrEqual(
          1e-9 * Math.abs(expected) + 1e-15,
        );
      }
    },
  );

  it("keeps slanted triangular finite when there are too few steps to rise", () => {
    const rates = [0, 1, 2].map((step) =>
      learningRateFactor("slanted_triangular", { warmupSteps: 0, totalSteps: 3 }, step),
    );
    expect(rates[0]).toBe(1);
    expect(rates[2]).toBeLessThan(rates[1] as number);
    expect(rates[2]).toBeGreaterThan(0);
  });
});

describe("scheduleConfig", () => {
  it("offers the nearest name", () => {
    expect(() => scheduleConfig("liner" as ScheduleName, "phases.0.schedule")).toThrow(
      /^phases\.0\.schedule: "liner" is not one of .* \(did you mean "linear"\?\)$/,
    );
  });
  it("refuses settings that a schedule lacks or that are out of range", () => {
    expect(() => scheduleConfig({ kind: "linear", cycles: 2 } as unknown as Schedule)).toThrow(
      'schedule: "linear" has no setting "cycles"',
    );
    expect(() => scheduleConfig({ kind: "cosine", cycles: -1 })).toThrow(
      'schedule: cycles of "cosine" is -1, expected more than 0',
    );
  });
});
