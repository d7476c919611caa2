import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { backendOffer } from "./backend-offer.ts";

/** One parameter as the optimizer sees it. */
export interface AdamWSlot {
  readonly variable: Variable;
  /** Decoupled weight decay per step, before the learning rate is applied. */
  readonly weightDecay: number;
}

/** Scalars of one AdamW step; see `torch.optim.AdamW`. */
export interface AdamWStep {
  /** Learning rate of each slot, in slot order. */
  readonly learningRates: readonly number[];
  /** How many updates each slot has seen including this one (1 = first), for the bias correction. */
  readonly updates: readonly number[];
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Gradients are scaled by `min(1, maxNorm / (norm + 1e-6))`; undefined: no clipping. */
  readonly maxNorm?: number;
}

/** First and second moments of one slot, in the layout of its variable. */
export interface AdamWMoments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** AdamW over a fixed list of slots, with weights and moments where the backend can update them in place. */
export interface NativeAdamW {
  /**
   * Evaluates the gradients, together with everything else that is pending in `alsoEvaluate`, in one launch and
   * updates the variables in place.
   * @param gradients one per slot, or undefined for a slot to be left alone in this step (no decay either)
   * @returns the global norm of all given gradients before clipping
   */
  step(
    gradients: readonly (Tensor | undefined)[],
    hyper: AdamWStep,
    alsoEvaluate?: readonly Tensor[],
  ): { gradientNorm: number };
  moments(slot: number): AdamWMoments;
  setMoments(slot: number, moments: AdamWMoments): void;
  /** Frees the moments; the variables keep their values. */
  dispose(): void;
}

/** What a tfjs backend may offer beyond kernels. Looked up on `tf.backend()`; none of it is required. */
export interface TrainingBackend {
  createAdamW(slots: readonly AdamWSlot[]): NativeAdamW;
}

/** The current backend's training support, or undefined. */
export function trainingBackend(backend: unknown): TrainingBackend | undefined {
  return backendOffer<TrainingBackend>(backend, "createAdamW");
}
