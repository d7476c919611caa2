import { EspalierError, type Rng } from "@espalier/core";
import type { ModelParameter, MultiTaskModel, Tasks } from "@espalier/model";
import type { RunData } from "./run-data.ts";
import type { RunSettings } from "./run-settings.ts";
import type { EvaluationEvent } from "./train-events.ts";
import type { BestEvaluation } from "./train-result.ts";
import type { VectorSource } from "./vector-source.ts";
import type { WeightSnapshot } from "./weight-snapshot.ts";
import type { TaskWeighting } from "./weighting/task-weighting.ts";

/** What the phases of one run share, and all that changes from step to step besides the session. */
export interface RunState<T extends Tasks> {
  readonly model: MultiTaskModel<T>;
  readonly settings: RunSettings;
  readonly data: RunData;
  /** All random streams of the run are forks of it. */
  readonly rng: Rng;
  /** At most: phases may end early. */
  readonly totalSteps: number;
  readonly weighting: TaskWeighting;
  readonly snapshot: WeightSnapshot;
  readonly evaluations: EvaluationEvent[];
  /** All sources that were opened, for the work they did. */
  readonly sources: VectorSource[];
  /** Optimizer steps finished. */
  step: number;
  best: BestEvaluation | undefined;
  /** What trained in some phase so far, so may differ from the start. */
  touched: ReadonlySet<string>;
  /** What trains at present. */
  trainable: ReadonlySet<string>;
  /** Finished vectors of all texts by the trunk as it is, where they are known. */
  vectors: VectorSource | undefined;
  /** Lets timers, signals and input have their turn; called after every step. */
  pause(): Promise<void>;
}

/** The parameters with these names. */
export function parametersNamed<T extends Tasks>(
  { model }: RunState<T>,
  names: ReadonlySet<string>,
): ModelParameter[] {
  return model.parameters().filter(({ path }) => names.has(path.name));
}

/** Goes back to the weights of the best evaluation. */
export function restoreBest<T extends Tasks>(run: RunState<T>): void {
  run.snapshot.restore();
  const trained = parametersNamed(run, run.touched);
  if (trained.some(({ path }) => path.group !== "head")) run.vectors = undefined;
}

/** Whether an error says that the run was cancelled, which is no failure. */
export function isCancelled(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && EspalierError.isInstance(error) && error.code === "ABORTED";
}
