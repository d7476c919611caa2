import type { TaskNumbers } from "../task-losses.ts";
import { softmaxFactors, weightedSum } from "./fed-factors.ts";
import type { TaskWeighting, WeightingState } from "./task-weighting.ts";

/** Mean losses of one task, oldest first. */
interface History {
  /** Of finished epochs, at most the last two. */
  epochs: readonly number[];
  /** Of the epoch at hand. */
  sum: number;
  updates: number;
}

/**
 * Factors that change with the epochs, `M · softmax((ℓ₋₁ / ℓ₋₂) / temperature)` of the mean losses of the last two: a task
 * whose loss falls slowly counts more (Liu et al., End-to-End Multi-Task Learning with Attention, 2019). All 1 until a
 * task has two epochs.
 */
export function dynamicAverage(temperature: number): TaskWeighting {
  const histories = new Map<string, History>();
  const pace = (task: string): number => {
    const [before, last] = histories.get(task)?.epochs ?? [];
    return before === undefined || last === undefined || before === 0 ? 1 : last / before;
  };
  const factors = (tasks: readonly string[]) => softmaxFactors(tasks.map(pace), temperature);
  return {
    kind: "dwa",
    variables: {},
    factors,
    combine: weightedSum,
    observe(losses: TaskNumbers) {
      for (const [task, loss] of Object.entries(losses)) {
        const history = histories.get(task) ?? { epochs: [], sum: 0, updates: 0 };
        histories.set(task, {
          ...history,
          sum: history.sum + loss,
          updates: history.updates + 1,
        });
      }
    },
    epochEnded() {
      for (const [task, { epochs, sum, updates }] of histories)
        if (updates > 0)
          histories.set(task, {
            epochs: [...epochs, sum / updates].slice(-2),
            sum: 0,
            updates: 0,
          });
    },
    current() {
      const tasks = [...histories.keys()];
      const values = factors(tasks);
      return Object.fromEntries(tasks.map((task, i) => [task, values[i] as number]));
    },
    state: () =>
      Object.fromEntries(
        Array.from(histories, ([task, { epochs, sum, updates }]) => [
          task,
          [sum, updates, ...epochs],
        ]),
      ),
    load(state: WeightingState) {
      histories.clear();
      for (const [task, [sum = 0, updates = 0, ...epochs]] of Object.entries(state))
        histories.set(task, { epochs, sum, updates });
    },
    dispose() {},
  };
}
