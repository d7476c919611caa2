import * as tf from "@tensorflow/tfjs-core";
import { stateless, type TaskWeighting } from "./task-weighting.ts";

/** The sum of the losses, each with its fixed factor. */
export function fixedWeighting(): TaskWeighting {
  return stateless({
    kind: "fixed",
    combine: (losses) => tf.addN(Object.values(losses)) as tf.Scalar,
  });
}
