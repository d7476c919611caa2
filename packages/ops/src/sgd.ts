import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { clipGradients, expectMaxGradientNorm } from "./clip-gradients.ts";
import { composedMoments } from "./composed-moments.ts";
import { namedOptimizer, type UpdateRule } from "./named-optimizer.ts";
import type { Optimizer, OptimizerParameter } from "./optimizer.ts";

export interface SgdConfig {
  /** Share of the last direction that is kept, in `[0, 1)`. Default: 0, without moments. */
  readonly momentum?: number;
  /** Largest global norm of the gradients, see `clip_grad_norm_` of torch; no clipping by default. */
  readonly maxGradientNorm?: number;
}

/**
 * Gradient descent with momentum as `torch.optim.SGD` (dampening 0): weight decay is added to the (clipped) gradient,
 * direction = momentum · direction + gradient, parameter −= rate · direction.
 * @throws {EspalierError} CONFIG_INVALID for a bad setting or a parameter given twice
 */
export function createSgd(
  parameters: readonly OptimizerParameter[],
  config: SgdConfig = {},
): Optimizer {
  const { momentum = 0, maxGradientNorm } = config;
  if (!(momentum >= 0 && momentum < 1)) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `sgd: momentum is ${momentum}, expected 0 <= momentum < 1`,
    );
  }
  expectMaxGradientNorm("sgd", maxGradientNorm);
  const directions = composedMoments(parameters.map(({ variable }) => variable));
  const createRule = (): UpdateRule => ({
    momentNames: momentum === 0 ? [] : ["momentum"],
    update({ gradients, learningRates }) {
      const norm = tf.tidy(() => {
        const given = gradients.filter((gradient) => gradient !== undefined);
        const { norm, clip } = clipGradients(given, maxGradientNorm);
        for (const [slot, gradient] of gradients.entries()) {
          if (gradient === undefined) continue;
          tf.tidy(() => update(slot, clip(gradient), learningRates[slot] as number));
        }
        return norm;
      });
      const gradientNorm = norm.dataSync()[0] as number; // evaluates the whole step on a lazy backend
      norm.dispose();
      return { gradientNorm };
    },
    moments: (slot) => (momentum === 0 ? {} : { momentum: directions.read(slot) }),
    setMoments: (slot, moments) => directions.write(slot, moments?.momentum),
    dispose: () => directions.dispose(),
  });
  return namedOptimizer("sgd", parameters, createRule);

  function update(slot: number, gradient: tf.Tensor, rate: number): void {
    const { variable, weightDecay } = parameters[slot] as OptimizerParameter;
    const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay));
    const before = directions.get(slot);
    const direction =
      before === undefined ? tf.mul(decayed, 1) : tf.add(tf.mul(before, momentum), decayed);
    if (momentum > 0) directions.set(slot, direction);
    variable.assign(tf.sub(variable, tf.mul(direction, rate)));
  }
}
