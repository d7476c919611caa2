import { freeze } from "@espalier/freeze-policy";
import type { PhaseOptions } from "./train-options.ts";

export interface TransferRecipeOptions {
  /** Evaluations without a better score until the trunk is unfrozen. Default 2. */
  readonly patience?: number;
  /** Most epochs with the heads alone. Default 20: they cost next to nothing on cached vectors. */
  readonly headEpochs?: number;
  /** Epochs with everything. Default 3. */
  readonly epochs?: number;
  /** Peak learning rate of the trunk. Default 1e-4. */
  readonly learningRate?: number;
  /** Peak learning rate of the heads, in both phases. Default 1e-3. */
  readonly headLearningRate?: number;
}

/**
 * First the heads on a frozen trunk, until validation stagnates, then everything: a random head would otherwise drag a
 * good trunk along (LP-FT, Kumar et al. 2022). Spread it into the options of `train`, which needs validation then.
 */
export function transferRecipe(options: TransferRecipeOptions = {}): {
  readonly phases: readonly PhaseOptions[];
} {
  const {
    patience = 2,
    headEpochs = 20,
    epochs = 3,
    learningRate = 1e-4,
    headLearningRate = 1e-3,
  } = options;
  return {
    phases: [
      {
        name: "heads",
        freeze: freeze.backbone(),
        epochs: headEpochs,
        patience,
        learningRate: headLearningRate,
        headLearningRate,
        // The phase ends when it wants to, so the rate must not depend on where its end would be.
        schedule: "constant_with_warmup",
        warmup: 0,
      },
      {
        name: "everything",
        freeze: freeze.none(),
        epochs,
        learningRate,
        headLearningRate,
        schedule: "linear",
        warmup: 0.1,
      },
    ],
  };
}
