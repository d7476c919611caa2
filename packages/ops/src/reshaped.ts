import * as tf from "@tensorflow/tfjs-core";
import { gradientsAreTaken } from "./gradients-are-taken.ts";

/**
 * The same elements in another shape, as `tf.reshape`, for use inside operations and their gradients: without an operation
 * of its own where no tape would see it.
 * @param shape has as many elements as x
 */
export function reshaped<Shape extends tf.Tensor>(x: tf.Tensor, shape: Shape["shape"]): Shape {
  return gradientsAreTaken() ? (tf.reshape(x, shape) as Shape) : sharedTensor<Shape>(x, shape);
}

/** A further tensor of the same data, which no tape knows of. */
export function sharedTensor<Shape extends tf.Tensor>(
  { dataId, dtype }: tf.Tensor,
  shape: Shape["shape"],
): Shape {
  tf.backend().incRef(dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype }) as Shape;
}
