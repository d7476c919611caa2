import { batches } from "@espalier/data";
import { type FreezePolicy, policyAt, type TrainingPosition } from "@espalier/freeze-policy";
import { chooseRows, type Targets } from "@espalier/heads";
import type { Tasks } from "@espalier/model";
import { judge } from "./judge.ts";
import { learningRateFactor } from "./learning-rate.ts";
import type { PlannedPhase } from "./planned-phase.ts";
import { type ProgressMeter, startProgressMeter } from "./progress-meter.ts";
import { openRunSource, workFromNow } from "./run-source.ts";
import { isCancelled, parametersNamed, type RunState, restoreBest } from "./run-state.ts";
import { type Stagnation, watchStagnation } from "./stagnation.ts";
import { type ActiveRowCount, planStep, type StepPlan } from "./step-plan.ts";
import { targetSize } from "./target-size.ts";
import type { PhaseEndEvent, StepEvent, TrainEvent } from "./train-events.ts";
import type { PhaseSummary } from "./train-result.ts";
import {
  createTrainingSession,
  type TrainingBatch,
  type TrainingSession,
} from "./training-session.ts";
import type { TrunkWork, VectorSource } from "./vector-source.ts";

/** Runs one phase to its end, to stagnation or until it is cancelled. */
export async function* runPhase<T extends Tasks>(
  run: RunState<T>,
  phase: PlannedPhase,
): AsyncGenerator<TrainEvent, PhaseSummary> {
  const { settings, model } = run;
  const { ref, plan } = phase;
  const { epochs, patience } = phase.settings;
  const started = settings.clock();
  const steps = phase.stepsPerEpoch * epochs;
  yield { type: "phase-start", phase: ref, plan, rows: phase.rows.length, epochs, steps };

  if (run.best !== undefined && settings.keep === "best")
    await run.snapshot.takeMissing(parametersNamed(run, phase.trainable));
  run.touched = new Set([...run.touched, ...phase.trainable]);
  const { trainable, activeRows } = phase;
  const { weighting } = run;
  const session = createTrainingSession(model, { ...settings, weighting, trainable, activeRows });
  const active: ActivePhase<T> = {
    run,
    phase,
    session,
    watch: watchStagnation({ patience, minimumGain: settings.minimumGain }),
    work: [],
    epochs: 0,
  };
  let ended: PhaseEndEvent["ended"];
  try {
    ended = yield* runEpochs(active);
  } catch (error) {
    if (!isCancelled(error, settings.signal)) throw error;
    ended = "aborted";
  } finally {
    session.dispose();
  }
  if (ended === "stagnated" && settings.keep === "best") restoreBest(run);
  const summary = {
    phase: ref,
    ended,
    steps: session.steps,
    seconds: (settings.clock() - started) / 1000,
    cacheBytes: active.source?.cache.bytes ?? 0,
    ...(active.activeRows === undefined ? {} : { activeRows: active.activeRows }),
    work: {
      tokens: active.work.reduce((sum, { tokens }) => sum + tokens, 0),
      plainTokens: active.work.reduce((sum, { plainTokens }) => sum + plainTokens, 0),
    },
  };
  yield { type: "phase-end", ...summary };
  return { ...summary, plan, epochs: active.epochs };
}

interface ActivePhase<T extends Tasks> {
  readonly run: RunState<T>;
  readonly phase: PlannedPhase;
  readonly session: TrainingSession;
  readonly watch: Stagnation;
  /** Of every source that was opened. */
  readonly work: TrunkWork[];
  /** Epochs finished. */
  epochs: number;
  policy?: FreezePolicy;
  /** Of the last plan under which the word table trained. */
  activeRows?: ActiveRowCount;
  source?: VectorSource;
  meter?: ProgressMeter;
}

async function* runEpochs<T extends Tasks>(
  active: ActivePhase<T>,
): AsyncGenerator<TrainEvent, PhaseEndEvent["ended"]> {
  const { run, phase, session } = active;
  const { evaluateEverySteps = Number.POSITIVE_INFINITY, signal } = run.settings;
  for (let epoch = 0; epoch < phase.settings.epochs; epoch++) {
    const updates = updatesOf(active, epoch);
    for (const [i, update] of updates.entries()) {
      if (signal?.aborted) return "aborted";
      yield* usePolicy(active, { epoch, step: session.steps });
      yield takeStep(active, update, epoch);
      await run.pause();
      const isLast = i === updates.length - 1;
      if (isLast) {
        active.epochs++;
        run.weighting.epochEnded();
      }
      if (!isLast && session.steps % evaluateEverySteps !== 0) continue;
      if (signal?.aborted) return "aborted";
      if (yield* evaluation(active)) return "stagnated";
    }
  }
  return "completed";
}

/** @returns whether the phase has stagnated */
async function* evaluation<T extends Tasks>(
  active: ActivePhase<T>,
): AsyncGenerator<TrainEvent, boolean> {
  const { run, phase, watch, source, epochs } = active;
  const { clock } = run.settings;
  const before = clock();
  const stagnated = yield* judge(run, {
    phase: phase.ref,
    epoch: epochs,
    source: source as VectorSource,
    watch,
  });
  active.meter?.skip(clock() - before);
  return stagnated;
}

/** Puts the policy of this position in force, computing the frozen layers where that is new. */
async function* usePolicy<T extends Tasks>(
  active: ActivePhase<T>,
  at: TrainingPosition,
): AsyncGenerator<TrainEvent, void> {
  const { run, phase, session } = active;
  const { settings, model } = run;
  const policy = policyAt(phase.settings.freeze, at);
  if (policy === active.policy) return;
  const plan = planStep(policy, model, phase.facts);
  const parameters = plan.trainable.filter((name) => !run.trainable.has(name));
  if (run.trainable.size > 0 && parameters.length > 0)
    yield { type: "unfrozen", phase: phase.ref, plan, parameters };
  run.trainable = new Set(plan.trainable);
  active.policy = policy;
  if (plan.activeRows !== undefined) active.activeRows = plan.activeRows;
  active.source = yield* openSource(active, plan);
  session.use(plan, active.source);
  active.meter = startProgressMeter(settings.clock());
}

async function* openSource<T extends Tasks>(
  { run, phase, work, source }: ActivePhase<T>,
  { start }: StepPlan,
): AsyncGenerator<TrainEvent, VectorSource> {
  // What lies below the boundary has not changed if the boundary has not: within a phase it was frozen all the time.
  if (source !== undefined && JSON.stringify(source.start) === JSON.stringify(start)) return source;
  const shared = run.vectors;
  const opened = yield* openRunSource(run, phase.ref, start);
  work.push(opened === shared ? workFromNow(opened) : opened.work);
  return opened;
}

/** The batches of one epoch, grouped into updates. */
function updatesOf<T extends Tasks>({ run, phase }: ActivePhase<T>, epoch: number): Int32Array[][] {
  const { settings, data, rng } = run;
  const { rows } = phase;
  const { lengthsTokens } = data.table;
  const cut = batches({
    count: rows.length,
    lengthsTokens: rows.map((row) => lengthsTokens[data.train.texts[row] as number] as number),
    batchSize: settings.batchSize,
    order: settings.batchOrder,
    rng: rng.fork("order").fork(phase.ref.index).fork(epoch),
  }).map((batch) => batch.map((i) => rows[i] as number));
  return Array.from({ length: phase.stepsPerEpoch }, (_, i) =>
    cut.slice(i * settings.accumulationSteps, (i + 1) * settings.accumulationSteps),
  );
}

function takeStep<T extends Tasks>(
  active: ActivePhase<T>,
  update: readonly Int32Array[],
  epoch: number,
): StepEvent {
  const { run, phase, session } = active;
  const meter = active.meter as ProgressMeter;
  const { schedule, epochs, ...peaks } = phase.settings;
  const totalSteps = phase.stepsPerEpoch * epochs;
  const span = { warmupSteps: phase.warmupSteps, totalSteps };
  const factor = Math.max(0, learningRateFactor(schedule, span, session.steps));
  const learningRate = factor * peaks.learningRate;
  const headLearningRate = factor * peaks.headLearningRate;
  const result = session.step(
    update.map((rows) => batchOf(active, rows)),
    { learningRate, headLearningRate, rng: run.rng.fork("step").fork(run.step) },
  );
  run.step++;
  meter.add(
    update.reduce((sum, rows) => sum + rows.length, 0),
    run.settings.clock(),
  );
  const { unitsPerSecond: sentencesPerSecond } = meter;
  const left = totalSteps - session.steps;
  return {
    type: "step",
    phase: phase.ref,
    step: run.step,
    totalSteps: run.totalSteps,
    epoch: epoch + 1,
    epochs,
    ...result,
    learningRate,
    headLearningRate,
    sentencesPerSecond,
    etaSeconds:
      sentencesPerSecond === undefined
        ? undefined
        : (left * phase.rows.length) / phase.stepsPerEpoch / sentencesPerSecond,
  };
}

function batchOf<T extends Tasks>({ run, phase }: ActivePhase<T>, rows: Int32Array): TrainingBatch {
  const { texts, targets, sources } = run.data.train;
  return {
    texts: rows.map((row) => texts[row] as number),
    targets: Object.fromEntries(
      phase.tasks.map((task) => {
        const size = targetSize(run.model.tasks, task);
        return [task, chooseRows(targets[task] as Targets, size, rows)];
      }),
    ),
    sources: Array.from(rows, (row) => sources[row] as (typeof sources)[number]),
  };
}
