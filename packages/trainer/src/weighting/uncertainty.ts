import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import type { TaskNumbers } from "../task-losses.ts";
import type { TaskWeighting, WeightingState } from "./task-weighting.ts";

/** exp(ln 2) / 2 = 1: every task starts with its fixed factor. */
const FIRST = -Math.LN2;
const PREFIX = "task-weighting.";

/**
 * Factors that are learnt, `Σ ℓ / (2 exp s) + s / 2` with one s a task, the logarithm of its noise: a task whose loss stays high
 * counts less (Kendall, Gal and Cipolla, Multi-Task Learning Using Uncertainty, 2018). They train with the heads' learning rate.
 */
export function uncertaintyWeighting(tasks: readonly string[]): TaskWeighting {
  const variables = new Map(
    tasks.map((task) => [task, tf.tidy(() => tf.variable(tf.scalar(FIRST)))]),
  );
  const noise = (task: string): tf.Variable => variables.get(task) as tf.Variable;
  const values = (): [string, number][] =>
    Array.from(variables, ([task, variable]) => [task, variable.dataSync()[0] as number]);
  return {
    kind: "uncertainty",
    variables: Object.fromEntries(
      Array.from(variables, ([task, variable]) => [PREFIX + task, variable]),
    ),
    combine(losses) {
      const terms = Object.entries(losses).map(([task, loss]) =>
        tf.mul(tf.add(tf.mul(tf.exp(tf.neg(noise(task))), loss), noise(task)), 0.5),
      );
      return tf.addN(terms) as tf.Scalar;
    },
    observe() {},
    epochEnded() {},
    current: (): TaskNumbers =>
      Object.fromEntries(values().map(([task, s]) => [task, Math.exp(-s) / 2])),
    state: () => Object.fromEntries(values().map(([task, s]) => [task, [s]])),
    load(state: WeightingState) {
      for (const [task, variable] of variables) {
        const [s] = state[task] ?? [];
        if (s === undefined)
          throw new EspalierError(
            "CONFIG_INVALID",
            `the state has no task weighting of "${task}", only of ${Object.keys(state).join(", ") || "none"}`,
          );
        tf.tidy(() => variable.assign(tf.scalar(s)));
      }
    },
    dispose: () => tf.dispose([...variables.values()]),
  };
}
