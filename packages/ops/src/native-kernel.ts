import * as tf from "@tensorflow/tfjs-core";

/**
 * Runs a fused kernel when the current backend has it.
 * @param kernelName one of the names of `kernel-names.ts`
 * @param attrs attributes of the kernel; never tensors
 * @returns its outputs, or undefined: the caller composes the operation instead
 */
export function runNative(
  kernelName: string,
  inputs: object,
  attrs: object = {},
): tf.Tensor[] | undefined {
  tf.backend(); // started on first use; until then there is no name to look a kernel up by
  if (tf.getKernel(kernelName, tf.getBackend()) == null) return undefined;
  const outputs = tf
    .engine()
    .runKernel(kernelName, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
  return Array.isArray(outputs) ? outputs : [outputs];
}
