import type { Rng } from "@espalier/core";
import type { ModelParameter, MultiTaskModel, Tasks } from "@espalier/model";
import type { RunData } from "./run-data.ts";
import type { RunSettings } from "./run-settings.ts";
import type { EvaluationEvent } from "./train-events.ts";
import type { BestEvaluation } from "./train-result.ts";
import type { WeightSnapshot } from "./weight-snapshot.ts";

/** What the phases of one run share, and all that changes from step to step besides the session. */
export interface RunState<T extends Tasks> {
  readonly model: MultiTaskModel<T>;
  readonly settings: RunSettings;
  readonly data: RunData;
  /** All random streams of the run are forks of it. */
  readonly rng: Rng;
  /** At most: phases may end early. */
  readonly totalSteps: number;
  readonly snapshot: WeightSnapshot;
  readonly evaluations: EvaluationEvent[];
  /** Optimizer steps finished. */
  step: number;
  best: BestEvaluation | undefined;
  /** What trained in some phase so far, so may differ from the start. */
  touched: ReadonlySet<string>;
  /** What trains at present. */
  trainable: ReadonlySet<string>;
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
