import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Gradients } from "./gradients.ts";

/** A parameter that an optimizer may update. */
export interface OptimizerParameter {
  readonly name: string;
  /** float32; its values change in place, the variable stays the same. */
  readonly variable: Variable;
  /** Weight decay a step, before the learning rate is applied; 0 for biases and LayerNorms, usually. */
  readonly weightDecay: number;
}

export interface OptimizerStepOptions {
  /** Evaluated in the same launch where the backend is lazy: losses and metrics of this step. */
  readonly alsoEvaluate?: readonly Tensor[];
}

/** What a parameter's further updates depend on. */
export interface ParameterState {
  /** Updates it has seen. */
  readonly updates: number;
  /** By name (AdamW: `first`, `second`; SGD: `momentum`), in the layout of the parameter. */
  readonly moments: Readonly<Record<string, Float32Array>>;
}

/** Everything that a resumed run needs to go on as if it had never stopped. */
export interface OptimizerState {
  readonly kind: OptimizerKind;
  /** By parameter name; a parameter without any update has no entry. */
  readonly parameters: Readonly<Record<string, ParameterState>>;
}

export type OptimizerKind = "adamw" | "sgd";

/** Updates a fixed list of parameters from their gradients. */
export interface Optimizer {
  readonly kind: OptimizerKind;
  /**
   * Updates every parameter that has a gradient. One without is left alone: no decay, no count, as in torch where its
   * `grad` is None.
   * @param gradients by parameter name; they stay the caller's to dispose
   * @param learningRates one for all, or one by parameter name for at least all that have a gradient
   * @returns the global norm of all given gradients, before clipping
   * @throws {EspalierError} NAME_UNKNOWN for a gradient of an unknown parameter, CONFIG_INVALID for a missing or bad
   *   learning rate, SHAPE_MISMATCH for a gradient of another shape; nothing is updated then
   */
  step(
    gradients: Gradients,
    learningRates: number | Readonly<Record<string, number>>,
    options?: OptimizerStepOptions,
  ): { gradientNorm: number };
  /** A copy of the state, for a checkpoint. */
  state(): OptimizerState;
  /**
   * Takes over a saved state; a parameter that it doesn't mention starts anew.
   * @throws {EspalierError} CONFIG_INVALID for the state of another kind of optimizer, NAME_UNKNOWN or SHAPE_MISMATCH
   *   when it belongs to other parameters; nothing is changed then
   */
  load(state: OptimizerState): void;
  /** Frees the moments; the variables keep their values. */
  dispose(): void;
}
