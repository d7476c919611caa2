import * as tf from "@tensorflow/tfjs-core";
import { backendOffer } from "./backend-offer.ts";

/** What a tfjs backend may offer beyond kernels: to build values into its graphs. Looked up on `tf.backend()`. */
export interface SteadyBackend {
  /** Takes the present values of the tensors for constants, until a variable is assigned other ones. */
  holdSteady(tensors: readonly tf.TensorInfo[]): void;
}

/**
 * Says that tensors, as the weights of a model that only runs, keep their present values for many launches: the backend
 * may prepare them for products once instead of at every launch. It costs a copy of the matrices. Assigning a variable
 * ends it for that variable; nothing else changes, and other backends do nothing.
 */
export function holdSteady(tensors: readonly tf.Tensor[]): void {
  backendOffer<SteadyBackend>(tf.backend(), "holdSteady")?.holdSteady(tensors);
}
