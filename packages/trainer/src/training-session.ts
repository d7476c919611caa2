import { EspalierError, type Rng } from "@espalier/core";
import type { Targets } from "@espalier/heads";
import type { ModelParameter, MultiTaskModel, Tasks } from "@espalier/model";
import { accumulate, disposeGradients, type Gradients, type OptimizerState } from "@espalier/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { type ActiveVocabulary, openActiveVocabulary } from "./active-vocabulary.ts";
import { type BackwardPass, createBackwardPass } from "./backward-pass.ts";
import { expectFinite } from "./expect-finite.ts";
import { createOptimizer, idleFactor, type OptimizerConfig } from "./optimizer-config.ts";
import type { StepPlan } from "./step-plan.ts";
import { meanLosses, readLosses, type TaskNumbers } from "./task-losses.ts";
import type { VectorSource } from "./vector-source.ts";
import { fixedWeighting } from "./weighting/fixed.ts";
import type { TaskWeighting, WeightingState } from "./weighting/task-weighting.ts";

/** Some rows that go forward together. */
export interface TrainingBatch {
  /** int32 `[B]`, places in the text table of the session's source */
  readonly texts: Int32Array;
  /**
   * `[B · target.size]` a task, laid out as its head says; a task that is left out, or has no labelled row, contributes
   * nothing
   */
  readonly targets: Readonly<Record<string, Targets>>;
  /** Where the rows stand, for messages. */
  readonly sources?: ReadonlyArray<{ readonly file: string; readonly line: number }>;
}

export interface StepSettings {
  /** Learning rate of the trunk in this step, before the plan's factors. */
  readonly learningRate: number;
  /** Learning rate of the heads. Default: the trunk's. */
  readonly headLearningRate?: number;
  /** This step's random stream, for dropout. */
  readonly rng: Rng;
}

export interface StepResult {
  /** Sum of the tasks' losses with their fixed factors, the mean over the accumulated batches. */
  readonly loss: number;
  /** Loss of each task with labelled rows: the mean over the batches that have any. */
  readonly losses: Readonly<Record<string, number>>;
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: number;
}

export interface SessionOptions {
  readonly optimizer: OptimizerConfig;
  /** Largest global norm of the gradients; "off" does not clip. */
  readonly clipNorm: number | "off";
  /** Factor of each task's loss. */
  readonly taskFactors: Readonly<Record<string, number>>;
  /** How the losses become one. It is the caller's, and may go on in another session. Default: their sum. */
  readonly weighting?: TaskWeighting | undefined;
  /** Names of what any plan of this session trains. A parameter's moments start with its first gradient. */
  readonly trainable: ReadonlySet<string>;
  /**
   * int32, ascending: the only rows of the word table that batches read; gradients and moments are kept for these alone.
   * The model's own table is brought up to date when it is next asked for. Default: all rows.
   */
  readonly activeRows?: Int32Array | undefined;
}

/** Optimizer and counters over a model: what turns batches into updates. Its state is explicit, so it can be saved. */
export interface TrainingSession {
  /** Optimizer steps so far. */
  readonly steps: number;
  /** Switches to another plan; the moments of what trains in both go on. */
  use(plan: StepPlan, source: VectorSource): void;
  /**
   * One update from one or more batches, whose losses are divided by their number.
   * @throws {EspalierError} NOT_FINITE when a loss or the gradients' norm is NaN or infinite, naming task, step and
   *   rows; the parameters are of no use then
   */
  step(batches: readonly TrainingBatch[], settings: StepSettings): StepResult;
  state(): SessionState;
  /** @throws {EspalierError} when the state belongs to another optimizer or other parameters */
  load(state: SessionState): void;
  /** Frees the moments; the parameters keep their values. */
  dispose(): void;
}

export interface SessionState {
  readonly steps: number;
  readonly optimizer: OptimizerState;
  readonly weighting: WeightingState;
  /** The rows of the word table that its moments belong to; undefined: all. */
  readonly activeRows?: Int32Array | undefined;
}

interface ActivePlan {
  readonly plan: StepPlan;
  readonly trains: readonly ModelParameter[];
  readonly backward: BackwardPass;
}

/**
 * @throws {EspalierError} CONFIG_INVALID for bad settings of the optimizer, or active rows under an optimizer whose update
 *   does more to the other rows than scale them
 */
export function createTrainingSession<T extends Tasks>(
  model: MultiTaskModel<T>,
  options: SessionOptions,
): TrainingSession {
  const { taskFactors, trainable, weighting = fixedWeighting() } = options;
  const wordTable = model.encoder.wordTable.name;
  const vocabulary = openVocabulary(model, options);
  const parameters = model
    .parameters()
    .filter(({ path }) => trainable.has(path.name))
    .map((parameter) =>
      parameter.path.name === wordTable && vocabulary !== undefined
        ? { ...parameter, variable: vocabulary.variable }
        : parameter,
    )
    .concat(weightingParameters(weighting));
  const optimizer = createOptimizer(options.optimizer, parameters, options.clipNorm);
  let steps = 0;
  let current: ActivePlan | undefined;

  return {
    get steps() {
      return steps;
    },
    use(plan, source) {
      const names = new Set([...plan.trainable, ...Object.keys(weighting.variables)]);
      const trains = parameters.filter(({ path }) => names.has(path.name));
      const variables = variablesOf(trains);
      current?.backward.dispose();
      const backward = createBackwardPass(model, {
        ...{ source, variables, taskFactors, weighting, activeRows: vocabulary?.rows },
      });
      current = { plan, trains, backward };
    },
    step(batches, settings) {
      if (current === undefined)
        throw new EspalierError("CONFIG_INVALID", "a training session needs a plan before a step");
      const { plan, trains, backward } = current;
      const rates = learningRates(trains, plan, settings);
      const parts: TaskNumbers[] = [];
      let total: Gradients | undefined;
      const weightingRng = settings.rng.fork("task weighting");
      let gradientNorm = 0;
      vocabulary?.refresh();
      try {
        for (const [i, batch] of batches.entries()) {
          const rng = settings.rng.fork(i);
          const share = 1 / batches.length;
          const part = backward.run(batch, { share, rng, weightingRng });
          total = accumulate(total, part.gradients);
          // The last batch is evaluated in one launch with the update; an earlier one now, so that its states can go.
          if (i === batches.length - 1)
            ({ gradientNorm } = optimizer.step(total, rates, {
              alsoEvaluate: Object.values(part.losses),
            }));
          parts.push(readLosses(part.losses));
        }
      } finally {
        if (total !== undefined) disposeGradients(total);
      }
      if (total?.[wordTable] !== undefined) vocabulary?.updated(rates[wordTable] as number);
      steps++;
      const result = { ...meanLosses(parts, taskFactors), gradientNorm };
      expectFinite(result, steps, batches);
      weighting.observe(result.losses);
      return result;
    },
    state: () => ({
      steps,
      optimizer: optimizer.state(),
      weighting: weighting.state(),
      activeRows: vocabulary?.ids,
    }),
    load(state) {
      expectSameRows(state.activeRows, vocabulary?.ids);
      optimizer.load(state.optimizer);
      weighting.load(state.weighting);
      steps = state.steps;
    },
    dispose() {
      current?.backward.dispose();
      optimizer.dispose();
      vocabulary?.close();
    },
  };
}

function openVocabulary<T extends Tasks>(
  { encoder }: MultiTaskModel<T>,
  { activeRows, trainable, optimizer }: SessionOptions,
): ActiveVocabulary | undefined {
  if (activeRows === undefined || !trainable.has(encoder.wordTable.name)) return undefined;
  const factor = idleFactor(optimizer);
  if (factor === undefined)
    throw new EspalierError(
      "CONFIG_INVALID",
      `active rows: an update of "${optimizer.kind}" as it is set does more to a row without a gradient than scale it`,
    );
  return openActiveVocabulary(encoder, { ids: activeRows, idleFactor: factor });
}

function expectSameRows(saved: Int32Array | undefined, rows: Int32Array | undefined): void {
  const same =
    saved === rows || (saved?.length === rows?.length && saved?.every((id, i) => id === rows?.[i]));
  if (same) return;
  throw new EspalierError(
    "CONFIG_INVALID",
    `the state has moments of ${saved?.length ?? "all"} rows of the word table, this session of ${
      rows?.length ?? "all"
    }${saved?.length === rows?.length ? " others" : ""}: it belongs to other texts or another option`,
  );
}

/** They train like a head, with its learning rate. */
function weightingParameters({ variables }: TaskWeighting): ModelParameter[] {
  return Object.entries(variables).map(([name, variable]) => ({
    path: { name, group: "head", size: variable.size },
    variable,
  }));
}

function variablesOf(parameters: readonly ModelParameter[]): Record<string, tf.Variable> {
  return Object.fromEntries(parameters.map(({ path, variable }) => [path.name, variable]));
}

function learningRates(
  parameters: readonly ModelParameter[],
  plan: StepPlan,
  { learningRate, headLearningRate = learningRate }: StepSettings,
): Record<string, number> {
  return Object.fromEntries(
    parameters.map(({ path: { name, group } }) => [
      name,
      (group === "head" ? headLearningRate : learningRate) * (plan.lrScale[name] ?? 1),
    ]),
  );
}
