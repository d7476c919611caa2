import * as tf from "@tensorflow/tfjs-core";

/** Runs a kernel that has one result, for gradients that are kernels themselves. */
export function runKernel(kernelName: string, inputs: object, attrs: object): tf.Tensor {
  return tf
    .engine()
    .runKernel(kernelName, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap) as tf.Tensor;
}
