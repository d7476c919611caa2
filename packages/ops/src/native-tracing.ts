import type { Tensor, TensorInfo } from "@tensorflow/tfjs-core";

/** Code to record, in terms of inputs and sizes that stand for those of later calls. */
export type TracedCode = (recording: {
  /** Made up; the code may multiply them, divide products by their parts, and decide nothing by them. */
  readonly sizes: readonly number[];
  /** The next input, a tensor without values. */
  input(like: Pick<TensorInfo, "dtype" | "shape">): Tensor;
}) => Tensor[];

/** A function that was recorded and can be called without running its code again. */
export interface NativeTrace {
  /** Shapes of the inputs, in the order in which the code asked for them. */
  inputShapes(sizes: readonly number[]): (readonly number[])[];
  /**
   * @param inputs of the dtypes that were recorded and the shapes for these sizes
   * @param sizes  as many as were recorded, default none
   * @returns tensors of the caller's
   */
  run(inputs: readonly Tensor[], sizes?: readonly number[]): Tensor[];
  /** Frees the constants of the function. */
  dispose(): void;
}

/** What a tfjs backend may offer beyond kernels: to record a function. Looked up on `tf.backend()`; not required. */
export interface TracingBackend {
  /**
   * Runs the code on tensors without values: once, or with sizes twice. Variables that it reads are read again at each
   * call, those it assigns are assigned at each call; they keep their values while it is recorded.
   * @throws {EspalierError} UNSUPPORTED when the code needs values meanwhile, or sizes in other ways than as products
   */
  trace(sizeCount: number, code: TracedCode): NativeTrace;
}
