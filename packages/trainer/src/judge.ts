import type { Tasks } from "@espalier/model";
import { evaluateRows } from "./evaluate-rows.ts";
import { parametersNamed, type RunState } from "./run-state.ts";
import { scoreOf } from "./selection-criterion.ts";
import type { Stagnation } from "./stagnation.ts";
import type { EvaluationEvent, PhaseRef, TrainEvent } from "./train-events.ts";
import type { VectorSource } from "./vector-source.ts";

export interface JudgeOptions {
  readonly phase: PhaseRef;
  /** Epochs of the phase that are finished. */
  readonly epoch: number;
  /** Where the phase gets its vectors from: frozen layers are not computed again. */
  readonly source: VectorSource;
  readonly watch: Stagnation;
}

/**
 * Evaluates on the validation rows, if there are any, and keeps the weights when they are the best so far.
 * @returns whether the phase has stagnated
 */
export async function* judge<T extends Tasks>(
  run: RunState<T>,
  { phase, epoch, source, watch }: JudgeOptions,
): AsyncGenerator<TrainEvent, boolean> {
  const { model, data, settings, step } = run;
  if (data.validation === undefined) return false;
  const report = await evaluateRows(model, data.validation, {
    source,
    table: data.table,
    taskFactors: settings.taskFactors,
    signal: settings.signal,
  });
  const score = scoreOf(settings.bestBy, report, model.tasks);
  const factors = run.weighting.current();
  const event: EvaluationEvent = {
    ...{ type: "evaluation", phase, step, epoch, report, score },
    ...(factors === undefined ? {} : { taskFactors: factors }),
  };
  run.evaluations.push(event);
  yield event;
  if (run.best === undefined || score > run.best.score) {
    run.best = { phase, step, epoch, score, report };
    if (settings.keep === "best") await run.snapshot.take(parametersNamed(run, run.touched));
    yield { type: "best", phase, step, epoch, score };
  }
  const { stagnated } = watch.observe(score);
  if (stagnated) yield { type: "stagnated", phase, step, evaluations: watch.sinceBest };
  return stagnated;
}
