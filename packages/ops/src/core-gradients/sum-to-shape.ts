import * as tf from "@tensorflow/tfjs-core";
import { reshaped } from "../reshaped.ts";

/** The gradient of broadcasting: sums what went to several elements back to where it came from. A new tensor. */
export function sumToShape(dy: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], dy.shape);
  const summed = axes.length === 0 ? dy : tf.sum(dy, axes);
  return reshaped(summed, [...shape]);
}
