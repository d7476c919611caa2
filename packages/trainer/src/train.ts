import { setImmediate } from "node:timers/promises";
import { createRng } from "@espalier/core";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import { type Baselines, baselinesOf } from "./frozen-feature-baseline.ts";
import { type PlannedPhase, planPhases } from "./planned-phase.ts";
import { openRunData, type RunData } from "./run-data.ts";
import { runPhase } from "./run-phase.ts";
import { runSettings } from "./run-settings.ts";
import { openVectors } from "./run-source.ts";
import { isCancelled, type RunState, restoreBest } from "./run-state.ts";
import type { EndEvent, StartEvent, TrainEvent } from "./train-events.ts";
import type { TrainOptions } from "./train-options.ts";
import type { PhaseSummary, TrainResult } from "./train-result.ts";
import { createWeightSnapshot } from "./weight-snapshot.ts";
import { createTaskWeighting } from "./weighting/create-task-weighting.ts";

/**
 * Trains a model in place, one phase after the other: every task from one forward, frozen layers computed once a text,
 * the best weights kept.
 *
 * The same seed gives the same run on the same backend. A cancelled run ends after the step at hand, with status
 * "aborted" and the last weights; it does not throw.
 * @throws {EspalierError} CONFIG_INVALID with every bad option; DATA_INVALID or NAME_UNKNOWN, naming file and line, for
 *   bad rows; NOT_FINITE when a loss or gradient leaves the real numbers, naming task, step and rows
 */
export async function train<T extends Tasks>(
  model: MultiTaskModel<T>,
  options: TrainOptions,
): Promise<TrainResult> {
  const run = trainEvents(model, options);
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

/**
 * The same as a stream: training goes on when the next event is asked for, and ends where the reader stops reading.
 * @returns the result, which the last event holds too
 */
export async function* trainEvents<T extends Tasks>(
  model: MultiTaskModel<T>,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, TrainResult> {
  const events = runEvents(model, options);
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      options.onEvent?.(next.value);
      yield next.value;
    }
  } finally {
    await events.return(undefined as never);
  }
}

async function* runEvents<T extends Tasks>(
  model: MultiTaskModel<T>,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, TrainResult> {
  const settings = runSettings(options, model.tasks);
  const { clock } = settings;
  const started = clock();
  const data = await openRunData(model, options);
  const phases = planPhases(model, settings, data);
  const totalSteps = phases.reduce((sum, phase) => sum + stepsOf(phase), 0);
  const run: RunState<T> = {
    model,
    settings,
    data,
    rng: createRng(settings.seed),
    totalSteps,
    weighting: createTaskWeighting(settings.taskWeighting, Object.keys(model.tasks)),
    snapshot: createWeightSnapshot(),
    evaluations: [],
    sources: [],
    step: 0,
    best: undefined,
    touched: new Set(),
    trainable: new Set(),
    vectors: undefined,
    pause: pauses(clock),
  };
  try {
    return yield* runPhases(run, phases, started);
  } finally {
    run.weighting.dispose();
  }
}

async function* runPhases<T extends Tasks>(
  run: RunState<T>,
  phases: readonly PlannedPhase[],
  started: number,
): AsyncGenerator<TrainEvent, TrainResult> {
  const { clock, signal, keep } = run.settings;
  yield startEvent(run, phases);

  const baselines = yield* measureBaselines(run, phases);
  const summaries: PhaseSummary[] = [];
  for (const phase of phases) {
    const summary = yield* runPhase(run, phase);
    summaries.push(summary);
    if (summary.ended === "aborted" || signal?.aborted) break;
  }
  const last = summaries.at(-1);
  const aborted = last?.ended === "aborted" || summaries.length < phases.length;
  // A cancelled run keeps its last weights: they are what it would go on with.
  const restore = keep === "best" && run.best !== undefined && !aborted;
  if (restore && run.best?.step !== run.step) restoreBest(run);
  const result: TrainResult = {
    status: aborted ? "aborted" : last?.ended === "stagnated" ? "stagnated" : "completed",
    weights: restore ? "best" : "last",
    best: run.best,
    baselines,
    evaluations: run.evaluations,
    phases: summaries,
    steps: run.step,
    seconds: (clock() - started) / 1000,
    work: {
      tokens: sum(run.sources, ({ work }) => work.tokens),
      plainTokens: sum(run.sources, ({ work }) => work.plainTokens),
    },
  };
  yield { type: "end", result } satisfies EndEvent;
  return result;
}

/** Cancelling is left to the first phase to find. */
async function* measureBaselines<T extends Tasks>(
  run: RunState<T>,
  [first]: readonly PlannedPhase[],
): AsyncGenerator<TrainEvent, Baselines | undefined> {
  const { settings, data, model } = run;
  const { train, validation } = data;
  if (settings.baselines === undefined || validation === undefined || first === undefined) return;
  try {
    const source = yield* openVectors(run, first.ref);
    const baselines = baselinesOf(model.tasks, { train, validation, source }, settings.baselines);
    yield { type: "baselines", baselines };
    return baselines;
  } catch (error) {
    if (!isCancelled(error, settings.signal)) throw error;
    return undefined;
  }
}

function stepsOf({ stepsPerEpoch, settings }: PlannedPhase): number {
  return stepsPerEpoch * settings.epochs;
}

function startEvent<T extends Tasks>(
  { model, data, totalSteps }: RunState<T>,
  phases: readonly PlannedPhase[],
): StartEvent {
  const { table, train, validation } = data;
  return {
    type: "start",
    tasks: Object.keys(model.tasks),
    rows: { train: train.texts.length, validation: validation?.texts.length ?? 0 },
    unlabelled: unlabelledRows(data),
    texts: table.encodings.length,
    tokens: table.tokens,
    phases: phases.map(({ ref }) => ref.name),
    totalSteps,
  };
}

function unlabelledRows({ train, validation }: RunData): number {
  return [train, validation].reduce(
    (count, rows) => count + (rows === undefined ? 0 : rows.datasetRows - rows.texts.length),
    0,
  );
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** A turn of the event loop costs little, but steps on cached vectors are short. */
const PAUSE_EVERY_MS = 20;

function pauses(clock: () => number): () => Promise<void> {
  let last = clock();
  return async () => {
    if (clock() - last < PAUSE_EVERY_MS) return;
    await setImmediate();
    last = clock();
  };
}
