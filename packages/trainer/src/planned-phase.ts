import { didYouMean, EspalierError } from "@espalier/core";
import { type FreezePolicy, policyAt } from "@espalier/freeze-policy";
import { labelledRowsOf, type Targets } from "@espalier/heads";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import type { LabelledRows } from "./labelled-rows.ts";
import { idleFactor, momentsPerValue } from "./optimizer-config.ts";
import type { PhaseSettings, RunSettings } from "./run-settings.ts";
import { type PlanFacts, planStep, type StepPlan } from "./step-plan.ts";
import { targetSize } from "./target-size.ts";
import { type TextTable, usedIds } from "./text-table.ts";
import type { PhaseRef } from "./train-events.ts";

/** A phase fitted to a model and its data. */
export interface PlannedPhase {
  readonly ref: PhaseRef;
  readonly settings: PhaseSettings;
  /** What the plans of this phase are made from besides policy and model. */
  readonly facts: PlanFacts;
  /** int32, ascending: the token ids whose rows of the word table train, where that is not all of them */
  readonly activeRows: Int32Array | undefined;
  /** In force at the start. */
  readonly plan: StepPlan;
  /** Names of all that trains at some time of the phase. */
  readonly trainable: ReadonlySet<string>;
  /** Tasks whose loss moves anything that trains. */
  readonly tasks: readonly string[];
  /** Training rows with a label of one of these tasks. */
  readonly rows: Int32Array;
  /** Optimizer steps an epoch. */
  readonly stepsPerEpoch: number;
  readonly warmupSteps: number;
}

export interface PlanningData {
  readonly table: TextTable;
  readonly train: LabelledRows;
  /** Columns of the training data, for hints. */
  readonly labelColumns: readonly string[];
}

/**
 * Fits every phase to the model and the data before anything is computed.
 * @throws {EspalierError} CONFIG_INVALID when nothing would train or the warm-up is longer than the phase; DATA_INVALID
 *   when a head would train without a labelled row; and as `planStep`
 */
export function planPhases<T extends Tasks>(
  model: MultiTaskModel<T>,
  settings: RunSettings,
  data: PlanningData,
): PlannedPhase[] {
  return settings.phases.map((phase, index) => {
    const { name } = phase;
    const ref = { index, count: settings.phases.length, name };
    const trainable = new Set(
      policiesOf(phase).flatMap((policy) => planStep(policy, model).trainable),
    );
    if (trainable.size === 0)
      throw new EspalierError(
        "CONFIG_INVALID",
        `phase "${name}": the policy "${phase.freeze.name}" leaves nothing to train`,
      );
    const tasks = tasksThatCount(model, { trainable, settings, data, name });
    const rows = rowsWithLabels(data.train, model.tasks, tasks);
    const activeRows = rowsThatTrain(model, { trainable, settings, data, rows });
    const facts = {
      texts: data.table.encodings.length,
      tokens: data.table.tokens,
      momentsPerValue: momentsPerValue(settings.optimizer),
      ...(activeRows === undefined ? {} : { activeRows: activeRows.length }),
    };
    const plan = planStep(policyAt(phase.freeze, { epoch: 0, step: 0 }), model, facts);
    const perEpoch = Math.ceil(rows.length / settings.batchSize);
    const stepsPerEpoch = Math.ceil(perEpoch / settings.accumulationSteps);
    const warmupSteps = stepsOf(phase, stepsPerEpoch * phase.epochs);
    return {
      ...{ ref, settings: phase, facts, activeRows, plan, trainable, tasks, rows },
      ...{ stepsPerEpoch, warmupSteps },
    };
  });
}

function policiesOf({ freeze }: PhaseSettings): FreezePolicy[] {
  return "phases" in freeze ? freeze.phases.map(({ policy }) => policy) : [freeze];
}

function tasksThatCount<T extends Tasks>(
  model: MultiTaskModel<T>,
  phase: {
    trainable: ReadonlySet<string>;
    settings: RunSettings;
    data: PlanningData;
    name: string;
  },
): string[] {
  const { trainable, settings, data, name } = phase;
  const trains = model.parameters().filter(({ path }) => trainable.has(path.name));
  const trunkTrains = trains.some(({ path }) => path.group !== "head");
  const heads = new Set(trains.map(({ path }) => path.task));
  const tasks = Object.keys(model.tasks).filter((task) => settings.taskFactors[task] !== 0);
  const strangers = data.labelColumns.filter((column) => !(column in model.tasks));
  for (const task of tasks)
    if (heads.has(task) && data.train.labelled[task] === 0)
      throw new EspalierError(
        "DATA_INVALID",
        `phase "${name}": the head of task "${task}" would train, but no training row has its label` +
          `${didYouMean(task, strangers)}; the label columns are ${data.labelColumns.join(", ")}`,
      );
  const counting = tasks.filter(
    (task) => (trunkTrains || heads.has(task)) && (data.train.labelled[task] ?? 0) > 0,
  );
  if (counting.length === 0)
    throw new EspalierError(
      "CONFIG_INVALID",
      `phase "${name}": what trains is moved by no task with a weight above 0`,
    );
  return counting;
}

function rowsWithLabels(
  { texts, targets }: LabelledRows,
  heads: Tasks,
  tasks: readonly string[],
): Int32Array {
  const labelled = new Uint8Array(texts.length);
  for (const task of tasks) {
    const size = targetSize(heads, task);
    for (const row of labelledRowsOf(targets[task] as Targets, size)) labelled[row] = 1;
  }
  return Int32Array.from(texts.keys()).filter((row) => labelled[row] === 1);
}

/** Only a row that some text reads can have a gradient, if the word table trains at all. */
function rowsThatTrain<T extends Tasks>(
  { encoder }: MultiTaskModel<T>,
  phase: {
    trainable: ReadonlySet<string>;
    settings: RunSettings;
    data: PlanningData;
    rows: Int32Array;
  },
): Int32Array | undefined {
  const { trainable, settings, data, rows } = phase;
  const { name, rows: all } = encoder.wordTable;
  if (settings.vocabulary === "all" || !trainable.has(name)) return undefined;
  if (idleFactor(settings.optimizer) === undefined) return undefined;
  const ids = usedIds(
    data.table,
    rows.map((row) => data.train.texts[row] as number),
  );
  return ids.length < all ? ids : undefined;
}

function stepsOf({ name, warmup, epochs }: PhaseSettings, totalSteps: number): number {
  if (typeof warmup === "number") return Math.ceil(warmup * totalSteps);
  if (warmup.steps <= totalSteps) return warmup.steps;
  throw new EspalierError(
    "CONFIG_INVALID",
    `phase "${name}": a warm-up of ${warmup.steps} steps, but its ${epochs} epochs have ${totalSteps}`,
  );
}
