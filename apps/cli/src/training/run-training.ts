import { peakMemoryBytes } from "@espalier/core";
import type { Output } from "@espalier/terminal";
import { planStep, type TrainResult, train } from "@espalier/trainer";
import { type TrainingReport, taskReports } from "../report.ts";
import { narrateTraining } from "./narrate-training.ts";
import type { OpenedTraining } from "./open-training.ts";
import { savingsLine } from "./savings-line.ts";
import { sayPhases } from "./say-plan.ts";

export interface TrainedModel {
  readonly report: TrainingReport;
  readonly result: TrainResult;
}

/**
 * Measures the baselines, trains in the recipe's phases and says what happens on the way. The model is the caller's, the
 * trained weights are in it.
 * @param run.startedMs where the reported wall time begins, on `performance.now`'s clock
 */
export async function runTraining(
  { recipe, model, phases, train: trainRows, validation }: OpenedTraining,
  run: { readonly output: Output; readonly signal: AbortSignal; readonly startedMs: number },
): Promise<TrainedModel> {
  const { output, signal, startedMs } = run;
  const facts = { texts: trainRows.examples.length + validation.examples.length };
  sayPhases(
    output,
    model.encoder,
    phases.map((phase) => ({ ...phase, plan: planStep(phase.freeze, model, facts) })),
  );
  output.say();
  const result = await train(model, {
    train: trainRows,
    validation,
    phases,
    baselines: true,
    batchSize: recipe.batchSize,
    batchOrder: recipe.batchOrder,
    accumulationSteps: recipe.accumulationSteps,
    clipNorm: recipe.clipNorm,
    optimizer: { kind: "adamw", weightDecay: recipe.weightDecay },
    taskWeights: Object.fromEntries(
      Object.entries(recipe.tasks).map(([task, { weight }]) => [task, weight]),
    ),
    taskWeighting: recipe.taskWeighting,
    seed: recipe.seed,
    signal,
    onEvent: narrateTraining(output, model.tasks),
  });
  const saved = savingsLine(result);
  if (saved !== undefined) output.say(`  ${output.style.dim("saved")}    ${saved}`);
  return {
    result,
    report: {
      tasks: taskReports(result, model.tasks),
      wallSeconds: (performance.now() - startedMs) / 1000,
      peakMemoryBytes: peakMemoryBytes(),
    },
  };
}
