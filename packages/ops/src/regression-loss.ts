import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { type GivenTargets, targetTensors } from "./loss-targets.ts";
import { expectShape } from "./shape-check.ts";

/** Of the distance r between value and target: r², |r|, or r² / 2 up to 1 and |r| − 1/2 beyond. */
export type RegressionLossKind = "squared" | "absolute" | "huber";

/**
 * How far numbers are from their targets, as torch's `mse_loss`, `l1_loss` and `huber_loss` (delta 1): the mean over the rows
 * that have a target; exactly 0, with a zero gradient, when there is none.
 * @param values  float32 `[B, 1]`
 * @param targets float32 `[B]`, NaN = no target; or those of each batch of a compiled function
 * @param kind    default "squared"
 * @returns       float32 scalar, differentiable
 * @throws {EspalierError} SHAPE_MISMATCH when the lengths differ or a target is infinite; for targets of batches when a
 *   batch comes
 */
export function regressionLoss(
  values: tf.Tensor2D,
  targets: GivenTargets<Float32Array>,
  kind: RegressionLossKind = "squared",
): tf.Scalar {
  expectShape("regressionLoss: values", values, ["B", 1]);
  const [rows] = values.shape;
  const given = targetTensors(targets, { wanted: [rows, 1], weights: [rows, 1] }, weighted);
  const { loss, slope } = KINDS[kind];
  return differentiable<"values", tf.Scalar>(
    { values },
    {
      forward(save) {
        const distance = tf.sub(values, given.wanted);
        save([distance, given.weights]);
        return tf.sum(tf.mul(given.weights, loss(distance)));
      },
      backward: (dy, [distance, weights]) => ({
        values: () => tf.mul(tf.mul(weights as tf.Tensor, slope(distance as tf.Tensor)), dy),
      }),
    },
  );
}

interface Kind {
  loss(distance: tf.Tensor): tf.Tensor;
  slope(distance: tf.Tensor): tf.Tensor;
}

const KINDS: Readonly<Record<RegressionLossKind, Kind>> = {
  squared: {
    loss: (distance) => tf.mul(distance, distance),
    slope: (distance) => tf.mul(distance, 2),
  },
  absolute: {
    loss: (distance) => tf.abs(distance),
    slope: (distance) =>
      tf.sub(tf.cast(tf.greater(distance, 0), "float32"), tf.cast(tf.less(distance, 0), "float32")),
  },
  huber: {
    loss(distance) {
      const size = tf.abs(distance);
      const near = tf.minimum(size, 1);
      return tf.mul(near, tf.sub(size, tf.mul(near, 0.5)));
    },
    slope: (distance) => tf.clipByValue(distance, -1, 1),
  },
};

function weighted(targets: Float32Array): { wanted: Float32Array; weights: Float32Array } {
  const infinite = targets.findIndex((target) => Math.abs(target) === Infinity);
  if (infinite >= 0)
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `regressionLoss: target ${targets[infinite]} of row ${infinite} is not finite`,
    );
  const count = targets.reduce((sum, target) => sum + (Number.isNaN(target) ? 0 : 1), 0);
  return {
    wanted: targets.map((target) => (Number.isNaN(target) ? 0 : target)),
    weights: targets.map((target) => (Number.isNaN(target) ? 0 : 1 / count)),
  };
}
