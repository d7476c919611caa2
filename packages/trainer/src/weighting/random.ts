import { softmaxFactors, weightedSum } from "./fed-factors.ts";
import { stateless, type TaskWeighting } from "./task-weighting.ts";

/**
 * New factors in every update, `M · softmax(z)` of standard normal z: as good as many learnt ones (Lin et al., Reasonable
 * Effectiveness of Random Weighting, 2022).
 */
export function randomWeighting(): TaskWeighting {
  return stateless({
    kind: "random",
    factors: (tasks, rng) => softmaxFactors(tasks.map((task) => rng.fork(task).normal())),
    combine: weightedSum,
  });
}
