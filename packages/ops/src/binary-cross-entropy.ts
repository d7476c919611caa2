import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { type GivenTargets, targetTensors } from "./loss-targets.ts";
import { expectShape } from "./shape-check.ts";

export interface BinaryCrossEntropyOptions {
  /** Factor > 0 of the loss where a class applies, one a class; torch's `pos_weight`. Default: all 1. */
  readonly positiveWeights?: readonly number[];
}

/**
 * Cross entropy of sigmoid(logits) with a yes or no for each class, as `torch.nn.functional.
 * binary_cross_entropy_with_logits`: the mean over all entries that have a target; exactly 0, with a zero gradient, when
 * there is none.
 * @param logits  float32 `[B, K]`
 * @param targets float32 `[B · K]`, row-major: 0 .. 1, NaN = no target; or those of each batch of a compiled function
 * @returns       float32 scalar, differentiable
 * @throws {EspalierError} SHAPE_MISMATCH when the lengths differ or a target is out of range, CONFIG_INVALID for a bad
 *   weight; those of the targets of batches when a batch comes
 */
export function binaryCrossEntropy(
  logits: tf.Tensor2D,
  targets: GivenTargets<Float32Array>,
  { positiveWeights }: BinaryCrossEntropyOptions = {},
): tf.Scalar {
  expectShape("binaryCrossEntropy: logits", logits, ["B", "K"]);
  const [rows, width] = logits.shape;
  checkWeights(positiveWeights, width);
  const { yes, total } = targetTensors(
    targets,
    { yes: [rows, width], total: [rows, width] },
    (given) => entryWeights(given, width, positiveWeights),
  );
  return differentiable<"logits", tf.Scalar>(
    { logits },
    {
      // −yes · log σ(x) − no · log(1 − σ(x)) = total · softplus(x) − yes · x, and softplus(x) = max(x, 0) + log(1 + e^−|x|)
      forward(save) {
        save([logits, yes, total]);
        const tail = tf.log(tf.add(tf.exp(tf.neg(tf.abs(logits))), 1));
        const above = tf.sub(tf.mul(total, tf.relu(logits)), tf.mul(yes, logits));
        return tf.sum(tf.add(tf.mul(total, tail), above));
      },
      backward: (dy, [x, positive, weights]) => ({
        logits: () =>
          tf.mul(
            tf.sub(tf.mul(weights as tf.Tensor, tf.sigmoid(x as tf.Tensor)), positive as tf.Tensor),
            dy,
          ),
      }),
    },
  );
}

/** How much −log σ(x) counts at each entry, and that plus −log(1 − σ(x)). */
function entryWeights(
  targets: Float32Array,
  width: number,
  positiveWeights: readonly number[] | undefined,
): { yes: Float32Array; total: Float32Array } {
  let count = 0;
  for (const [i, target] of targets.entries()) {
    if (Number.isNaN(target)) continue;
    if (target >= 0 && target <= 1) count++;
    else
      fail(
        "SHAPE_MISMATCH",
        `target ${target} of row ${Math.floor(i / width)}, class ${i % width} is not in 0 .. 1`,
      );
  }
  const yes = new Float32Array(targets.length);
  const total = new Float32Array(targets.length);
  for (const [i, target] of targets.entries()) {
    if (Number.isNaN(target)) continue;
    const positive = (target * (positiveWeights?.[i % width] ?? 1)) / count;
    yes[i] = positive;
    total[i] = positive + (1 - target) / count;
  }
  return { yes, total };
}

function checkWeights(weights: readonly number[] | undefined, width: number): void {
  if (weights === undefined) return;
  if (weights.length !== width)
    fail("SHAPE_MISMATCH", `${weights.length} positive weights for ${width} classes`);
  const bad = weights.findIndex((weight) => !(weight > 0 && weight < Infinity));
  if (bad >= 0)
    fail("CONFIG_INVALID", `positive weight of class ${bad} is ${weights[bad]}, expected > 0`);
}

function fail(code: "SHAPE_MISMATCH" | "CONFIG_INVALID", what: string): never {
  throw new EspalierError(code, `binaryCrossEntropy: ${what}`);
}
