import * as tf from "@tensorflow/tfjs-core";
import { stateless, type TaskWeighting } from "./task-weighting.ts";

/** Below it a loss counts as this much: a logarithm of zero has no gradient. */
const SMALLEST_LOSS = 1e-12;

/**
 * The geometric mean of the losses, `(Π ℓ)^(1/M)`: a task counts by how much of its own loss goes, whatever the loss's size
 * (Chennupati et al., MultiNet++, 2019).
 */
export function geometricWeighting(): TaskWeighting {
  return stateless({
    kind: "geometric",
    combine(losses) {
      const logarithms = Object.values(losses).map((loss) =>
        tf.log(tf.maximum(loss, SMALLEST_LOSS)),
      );
      return tf.exp(tf.div(tf.addN(logarithms), logarithms.length)) as tf.Scalar;
    },
  });
}
