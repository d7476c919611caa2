import { type Dataset, splitDataset } from "@espalier/data";
import { SentenceTransformer } from "@espalier/encoder";
import type { AnyHead } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import type { Output } from "@espalier/terminal";
import { frozenFeatureBaseline, planStep, type TrainResult, train } from "@espalier/trainer";
import type { Recipe } from "../recipe/recipe.ts";
import { recipeHeads } from "../recipe/recipe-model.ts";
import { peakMemoryBytes, type TaskReport, type TrainingReport } from "../report.ts";
import { narrateTraining } from "./narrate-training.ts";
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
    const baselines = await frozenFeatureBaseline(
      model,
      { train: trainRows, validation },
      {
        signal,
        onProgress: ({ done, total }) =>
          output.progress(`  baselines  sentence vectors of ${done} of ${total} texts`),
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
      onEvent: narrateTraining(output),
    });
    const final = result.best?.report ?? result.evaluations.at(-1)?.report;
    const tasks = Object.fromEntries(
      Object.entries(baselines).flatMap(([task, { majority, logisticRegression }]) => {
        const metrics = final?.tasks[task]?.metrics;
        if (metrics?.accuracy === undefined || metrics.macroF1 === undefined) return [];
        const { accuracy, macroF1 } = metrics;
        const scores: TaskReport = {
          accuracy,
          macroF1,
          majority: majority.accuracy,
          frozenLogisticRegression: logisticRegression.accuracy,
        };
        return [[task, scores] as const];
      }),
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
