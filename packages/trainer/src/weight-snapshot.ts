import type { ModelParameter } from "@espalier/model";
import * as tf from "@tensorflow/tfjs-core";

/** A copy of parameters in memory, of those only that training may have changed. */
export interface WeightSnapshot {
  /** Copies the present values of these parameters, replacing earlier copies. */
  take(parameters: readonly ModelParameter[]): Promise<void>;
  /** Copies those that have no copy yet: just before they begin to train, their values are those of every earlier time. */
  takeMissing(parameters: readonly ModelParameter[]): Promise<void>;
  /** Writes all copies back. */
  restore(): void;
  readonly bytes: number;
}

export function createWeightSnapshot(): WeightSnapshot {
  const copies = new Map<string, { variable: tf.Variable; values: Float32Array }>();
  const snapshot: WeightSnapshot = {
    async take(parameters) {
      for (const { path, variable } of parameters)
        copies.set(path.name, {
          variable,
          values: Float32Array.from(await variable.data<"float32">()),
        });
    },
    takeMissing: (parameters) =>
      snapshot.take(parameters.filter(({ path }) => !copies.has(path.name))),
    restore() {
      for (const { variable, values } of copies.values())
        tf.tidy(() => variable.assign(tf.tensor(values.slice(), variable.shape)));
    },
    get bytes() {
      return [...copies.values()].reduce((sum, { values }) => sum + values.byteLength, 0);
    },
  };
  return snapshot;
}
