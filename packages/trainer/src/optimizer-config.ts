import type { ModelParameter } from "@espalier/model";
import { createAdamW, createSgd, type Optimizer, type OptimizerParameter } from "@espalier/ops";

/** How gradients become updates. JSON as it stands. */
export type OptimizerConfig =
  | {
      readonly kind: "adamw";
      /** Decoupled decay of weight matrices; biases and LayerNorms have none. Default 0.01. */
      readonly weightDecay?: number;
      /** Default 0.9. */
      readonly beta1?: number;
      /** Default 0.999. */
      readonly beta2?: number;
      /** Default 1e-8. */
      readonly epsilon?: number;
    }
  | {
      readonly kind: "sgd";
      /** As for AdamW, but added to the gradient. Default 0. */
      readonly weightDecay?: number;
      /** Default 0.9. */
      readonly momentum?: number;
    };

/** @throws {EspalierError} CONFIG_INVALID for a setting out of range */
export function createOptimizer(
  config: OptimizerConfig,
  parameters: readonly ModelParameter[],
  clipNorm: number | "off",
): Optimizer {
  const clip = clipNorm === "off" ? {} : { maxGradientNorm: clipNorm };
  if (config.kind === "adamw") {
    const { weightDecay = 0.01, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = config;
    return createAdamW(decayed(parameters, weightDecay), { beta1, beta2, epsilon, ...clip });
  }
  const { weightDecay = 0, momentum = 0.9 } = config;
  return createSgd(decayed(parameters, weightDecay), { momentum, ...clip });
}

/** Values that the optimizer keeps for each value of a parameter. */
export function momentsPerValue(config: OptimizerConfig): number {
  if (config.kind === "adamw") return 2;
  return config.momentum === 0 ? 0 : 1;
}

/**
 * What an update multiplies a row of a matrix by whose gradients have all been zero: by the learning rate of the update.
 * @returns undefined where it does anything else to such a row
 */
export function idleFactor(
  config: OptimizerConfig,
): ((learningRate: number) => number) | undefined {
  if (config.kind === "adamw") {
    const { weightDecay = 0.01, epsilon = 1e-8 } = config;
    // Without an epsilon such a row is 0 / 0.
    return epsilon > 0 ? (learningRate) => Math.fround(1 - learningRate * weightDecay) : undefined;
  }
  // The decay of SGD is part of the gradient, so that a row gathers momentum by it.
  return (config.weightDecay ?? 0) === 0 ? () => 1 : undefined;
}

/** Biases and the gains of LayerNorms have no decay, the rule of transformers' Trainer; MPNet has a table of biases. */
function decayed(parameters: readonly ModelParameter[], weightDecay: number): OptimizerParameter[] {
  return parameters.map(({ path, variable }) => ({
    name: path.name,
    variable,
    weightDecay: variable.rank < 2 || isTableOfBiases(path) ? 0 : weightDecay,
  }));
}

/** By its name, as the Trainer tells it; what a head is called says nothing. */
function isTableOfBiases({ name, group }: ModelParameter["path"]): boolean {
  return group !== "head" && name.includes("bias");
}
