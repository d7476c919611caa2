import type { Tensor } from "@tensorflow/tfjs-core";

/** A function that was recorded once and can be called without running its code again. */
export interface NativeTrace {
  /**
   * @param inputs of the dtypes and shapes that were recorded
   * @returns tensors of the caller's
   */
  run(inputs: readonly Tensor[]): Tensor[];
  /** Frees the constants of the function. */
  dispose(): void;
}

/** What a tfjs backend may offer beyond kernels: to record a function. Looked up on `tf.backend()`; not required. */
export interface TracingBackend {
  /**
   * Runs the function once, on tensors without values. Variables that it reads are read again at each call, those it
   * assigns are assigned at each call; they keep their values while it is recorded.
   * @throws {EspalierError} UNSUPPORTED when the function needs values meanwhile
   */
  trace(inputs: readonly Tensor[], fn: (inputs: Tensor[]) => Tensor[]): NativeTrace;
}
