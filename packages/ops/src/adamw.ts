import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { clipGradients, expectMaxGradientNorm } from "./clip-gradients.ts";
import { composedMoments } from "./composed-moments.ts";
import { namedOptimizer, type UpdateRule } from "./named-optimizer.ts";
import { type NativeAdamW, trainingBackend } from "./native-training.ts";
import type { Optimizer, OptimizerParameter } from "./optimizer.ts";

export interface AdamWConfig {
  /** Decay of the first moment. Default: 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default: 0.999. */
  readonly beta2?: number;
  /** Default: 1e-8. */
  readonly epsilon?: number;
  /** Largest global norm of the gradients, see `clip_grad_norm_` of torch; no clipping by default. */
  readonly maxGradientNorm?: number;
}

/**
 * AdamW (Loshchilov, Hutter 2019) exactly as `torch.optim.AdamW`: decay decoupled from the gradient and before the
 * update, bias correction by each parameter's own count of updates. Weights and moments are updated in place where the
 * backend offers that (`TrainingBackend`), else by composed operations.
 * @throws {EspalierError} CONFIG_INVALID for a bad setting or a parameter given twice
 */
export function createAdamW(
  parameters: readonly OptimizerParameter[],
  config: AdamWConfig = {},
): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, maxGradientNorm } = config;
  expectRange("beta1", beta1, { below: 1 });
  expectRange("beta2", beta2, { below: 1 });
  expectRange("epsilon", epsilon, { below: Infinity });
  expectMaxGradientNorm("adamw", maxGradientNorm);
  const createRule = (): UpdateRule => {
    const engine = trainingBackend(tf.backend())?.createAdamW(parameters) ?? composed(parameters);
    return {
      momentNames: ["first", "second"],
      update: ({ gradients, learningRates, updates, alsoEvaluate }) =>
        engine.step(
          gradients,
          {
            learningRates,
            updates,
            beta1,
            beta2,
            epsilon,
            ...(maxGradientNorm === undefined ? {} : { maxNorm: maxGradientNorm }),
          },
          alsoEvaluate,
        ),
      moments: (slot) => ({ ...engine.moments(slot) }),
      setMoments(slot, moments) {
        const size = parameters[slot]?.variable.size ?? 0;
        const moment = (name: string): Float32Array => moments?.[name] ?? new Float32Array(size);
        engine.setMoments(slot, { first: moment("first"), second: moment("second") });
      },
      dispose: () => engine.dispose(),
    };
  };
  return namedOptimizer("adamw", parameters, createRule);
}

function composed(parameters: readonly OptimizerParameter[]): NativeAdamW {
  const variables = parameters.map(({ variable }) => variable);
  const first = composedMoments(variables);
  const second = composedMoments(variables);
  return {
    step(gradients, hyper) {
      const norm = tf.tidy(() => {
        const given = gradients.filter((gradient) => gradient !== undefined);
        const { norm, clip } = clipGradients(given, hyper.maxNorm);
        for (const [slot, gradient] of gradients.entries()) {
          if (gradient !== undefined) tf.tidy(() => update(slot, clip(gradient)));
        }
        return norm;

        function update(slot: number, gradient: tf.Tensor): void {
          const { beta1, beta2, epsilon } = hyper;
          const { variable, weightDecay } = parameters[slot] as OptimizerParameter;
          const rate = hyper.learningRates[slot] as number;
          const count = hyper.updates[slot] as number;
          const m = mix(first.get(slot), gradient, beta1);
          const v = mix(second.get(slot), tf.square(gradient), beta2);
          first.set(slot, m);
          second.set(slot, v);
          const deviation = tf.div(tf.sqrt(v), Math.sqrt(1 - beta2 ** count));
          const direction = tf.div(m, tf.add(deviation, epsilon));
          const change = tf.mul(direction, rate / (1 - beta1 ** count));
          variable.assign(tf.sub(tf.mul(variable, 1 - rate * weightDecay), change));
        }
      });
      // Read last: on a lazy backend this one read evaluates the whole step.
      const gradientNorm = norm.dataSync()[0] as number;
      norm.dispose();
      return { gradientNorm };
    },
    moments: (slot) => ({ first: first.read(slot), second: second.read(slot) }),
    setMoments(slot, moments) {
      first.write(slot, moments.first);
      second.write(slot, moments.second);
    },
    dispose() {
      first.dispose();
      second.dispose();
    },
  };
}

/** beta · moment + (1 − beta) · value, the moment being zero until it is set. */
function mix(moment: tf.Tensor | undefined, value: tf.Tensor, beta: number): tf.Tensor {
  const fresh = tf.mul(value, 1 - beta);
  return moment === undefined ? fresh : tf.add(tf.mul(moment, beta), fresh);
}

function expectRange(name: string, value: number, range: { below: number }): void {
  if (!(value >= 0 && value < range.below)) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `adamw: ${name} is ${value}, expected 0 <= ${name} < ${range.below}`,
    );
  }
}
