import { type Dataset, splitDataset } from "@espalier/data";
import { SentenceTransformer } from "@espalier/encoder";
import type { AnyHead } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import { bytes, type Output } from "@espalier/terminal";
import { planStep, type TrainEvent, type TrainResult, train } from "@espalier/trainer";
import type { Recipe } from "../recipe/recipe.ts";
import { recipeHeads } from "../recipe/recipe-model.ts";
import { peakMemoryBytes, type TaskReport, type TrainingReport } from "../report.ts";
import { measureBaselines } from "./baselines.ts";
import { progressLine } from "./progress-line.ts";
import { sayData, sayPhases } from "./say-plan.ts";
import { trainPhases } from "./train-phases.ts";

export interface TrainingJob {
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  /** Rows of a file of their own; a share of the dataset when left out. */
  readonly validation?: Dataset;
  readonly output: Output;
  readonly signal: AbortSignal;
}

export interface TrainedModel {
  readonly model: MultiTaskModel<Readonly<Record<string, AnyHead>>>;
  readonly report: TrainingReport;
  readonly result: TrainResult;
  /** All rows, training and validation. */
  readonly dataset: Dataset;
}

/** Splits, measures the baselines, trains in the recipe's phases and says what happens on the way. */
export async function runTraining(job: TrainingJob): Promise<TrainedModel> {
  const { recipe, dataset, output, signal } = job;
  const startMs = performance.now();
  sayData(output, recipe, dataset);
  const share = typeof recipe.validation === "number" ? recipe.validation : 0.2;
  const { train: trainRows, validation } =
    job.validation === undefined
      ? splitDataset(dataset, { validation: share, seed: recipe.seed })
      : { train: dataset, validation: job.validation };
  const encoder = await SentenceTransformer.load(recipe.trunk, {
    pooling: recipe.pooling,
    maxLengthTokens: recipe.maxLengthTokens,
  });
  const model = new MultiTaskModel<Readonly<Record<string, AnyHead>>>(
    encoder,
    recipeHeads(recipe),
    { seed: recipe.seed },
  );
  try {
    const phases = trainPhases(recipe, model);
    const facts = { texts: trainRows.examples.length + validation.examples.length };
    sayPhases(
      output,
      encoder,
      phases.map((phase) => ({ ...phase, plan: planStep(phase.freeze, model, facts) })),
    );
    output.say();
    const baselines = await measureBaselines(
      encoder,
      { train: trainRows, validation, recipe },
      {
        signal,
        onProgress: (done) =>
          output.progress(`  baselines: sentence vectors ${(100 * done).toFixed(0)} %`),
      },
    );
    const result = await train(model, {
      train: trainRows,
      validation,
      phases,
      batchSize: recipe.batchSize,
      batchOrder: recipe.batchOrder,
      accumulationSteps: recipe.accumulationSteps,
      clipNorm: recipe.clipNorm,
      optimizer: { kind: "adamw", weightDecay: recipe.weightDecay },
      taskWeights: Object.fromEntries(
        Object.entries(recipe.tasks).map(([task, { weight }]) => [task, weight]),
      ),
      seed: recipe.seed,
      signal,
      onEvent: (event) => sayEvent(output, event),
    });
    const best = result.best?.report.tasks ?? {};
    const tasks = Object.fromEntries(
      Object.entries(baselines).map(([task, baseline]): [string, TaskReport] => [
        task,
        {
          accuracy: best[task]?.metrics.accuracy ?? 0,
          macroF1: best[task]?.metrics.macroF1 ?? 0,
          ...baseline,
        },
      ]),
    );
    const report = {
      tasks,
      wallSeconds: (performance.now() - startMs) / 1000,
      peakMemoryBytes: peakMemoryBytes(),
    };
    return {
      model,
      report,
      result,
      dataset: { ...dataset, examples: [...trainRows.examples, ...validation.examples] },
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function sayEvent(output: Output, event: TrainEvent): void {
  switch (event.type) {
    case "cache":
      output.progress(
        `  phase ${event.phase.index + 1}: trunk computed once, ${event.done} of ${event.total} texts`,
      );
      return;
    case "step":
      output.progress(
        progressLine(
          {
            ...event,
            phase: event.phase.index + 1,
            step: event.step,
          },
          output.style,
        ),
      );
      return;
    case "evaluation": {
      const scores = Object.entries(event.report.tasks).map(
        ([task, { metrics }]) => `${task} ${metrics.accuracy?.toFixed(3)}`,
      );
      output.progress(
        `  phase ${event.phase.index + 1}  epoch ${event.epoch}  accuracy ${scores.join(" · ")}`,
      );
      return;
    }
    case "phase-end": {
      const { phase, ended, steps, seconds, cacheBytes } = event;
      const cached = cacheBytes > 0 ? ` · cache ${bytes(cacheBytes)}` : "";
      output.say(
        `  phase ${phase.index + 1} ${phase.name}: ${steps} steps in ${seconds.toFixed(1)} s${ended === "stagnated" ? ", ended when validation stagnated" : ""}${cached}`,
      );
      return;
    }
    default:
  }
}
