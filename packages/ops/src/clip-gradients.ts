import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Global norm and clipping as `torch.nn.utils.clip_grad_norm_`: all gradients are scaled by
 * min(1, maxNorm / (norm + 1e-6)).
 * @returns norm: float32 scalar before clipping; clip: scales a gradient (or returns it, without a maxNorm)
 */
export function clipGradients(
  gradients: readonly tf.Tensor[],
  maxNorm: number | undefined,
): { norm: tf.Scalar; clip: (gradient: tf.Tensor) => tf.Tensor } {
  const squares = gradients.map((gradient) => tf.sum<tf.Scalar>(tf.square(gradient)));
  const norm = squares.length === 0 ? tf.scalar(0) : tf.sqrt(tf.addN<tf.Scalar>(squares));
  if (maxNorm === undefined) return { norm, clip: (gradient) => gradient };
  const factor = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
  return { norm, clip: (gradient) => tf.mul(gradient, factor) };
}

/** @throws {EspalierError} CONFIG_INVALID when a largest norm is given and not above 0 */
export function expectMaxGradientNorm(optimizer: string, maxNorm: number | undefined): void {
  if (maxNorm !== undefined && !(maxNorm > 0)) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `${optimizer}: maxGradientNorm is ${maxNorm}, expected more than 0`,
    );
  }
}
