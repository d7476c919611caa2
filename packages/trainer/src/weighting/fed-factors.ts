import * as tf from "@tensorflow/tfjs-core";

/** The sum of the losses with factors that come with each update. @param factors float32 `[M]` */
export function weightedSum(
  losses: Readonly<Record<string, tf.Scalar>>,
  factors: tf.Tensor1D | undefined,
): tf.Scalar {
  return tf.sum(tf.mul(tf.stack(Object.values(losses)), factors as tf.Tensor1D)) as tf.Scalar;
}

/** M · softmax(x / temperature): factors above 0 whose mean is 1. */
export function softmaxFactors(values: readonly number[], temperature = 1): Float32Array {
  const largest = Math.max(...values);
  const exponents = values.map((value) => Math.exp((value - largest) / temperature));
  const total = exponents.reduce((a, b) => a + b, 0);
  return Float32Array.from(exponents, (value) => (values.length * value) / total);
}
