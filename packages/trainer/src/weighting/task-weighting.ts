import type { Rng } from "@espalier/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { TaskNumbers } from "../task-losses.ts";

/**
 * How the losses of the tasks become the one that is minimised. It belongs to a run and may learn and remember; each task's
 * loss has been multiplied with its fixed factor before.
 */
export interface TaskWeighting {
  readonly kind: string;
  /** Trained along with the model, by name, without weight decay. */
  readonly variables: Readonly<Record<string, tf.Variable>>;
  /** Factors of the tasks in an update, decided outside of what is recorded; absent where there are none. */
  readonly factors?: (tasks: readonly string[], rng: Rng) => Float32Array;
  /**
   * @param losses  float32 scalars of the tasks with labelled rows, at least one
   * @param factors float32 `[M]`, of `factors` in the order of the losses; there if that is
   * @returns       float32 scalar, differentiable
   */
  combine(losses: Readonly<Record<string, tf.Scalar>>, factors?: tf.Tensor1D): tf.Scalar;
  /** Sees the losses of an update. */
  observe(losses: TaskNumbers): void;
  epochEnded(): void;
  /** The factors in force, by task, where they last for more than an update. */
  current(): TaskNumbers | undefined;
  /** Numbers by name. */
  state(): WeightingState;
  /** @param state of a weighting of the same kind and tasks */
  load(state: WeightingState): void;
  dispose(): void;
}

export type WeightingState = Readonly<Record<string, readonly number[]>>;

/** A weighting that neither learns nor remembers. */
export function stateless(
  weighting: Pick<TaskWeighting, "kind" | "combine" | "factors">,
): TaskWeighting {
  return {
    variables: {},
    observe() {},
    epochEnded() {},
    current: () => undefined,
    state: () => ({}),
    load() {},
    dispose() {},
    ...weighting,
  };
}
