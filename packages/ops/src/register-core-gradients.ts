import * as tf from "@tensorflow/tfjs-core";
import { elementwiseGradients } from "./core-gradients/elementwise.ts";
import { imageGradients } from "./core-gradients/images.ts";
import { layoutGradients } from "./core-gradients/layout.ts";
import { reductionGradients } from "./core-gradients/reductions.ts";
import { windowGradients } from "./core-gradients/windows.ts";

/**
 * Registers the gradients of the plain tfjs operations that models are made of, those that are there already left
 * alone. The Node build of `@tensorflow/tfjs-core` carries none: only the union package `@tensorflow/tfjs` registers
 * them, and brings a second core along. `gradients` and all operations of this package call this; a program that uses
 * `tf.grad` or `tf.variableGrads` on plain operations alone has to do so itself.
 *
 * Complex numbers, comparisons, strided slices and the rarer functions are not here; tfjs then says "gradient function
 * not found".
 */
export function registerCoreGradients(): void {
  const all = [
    ...elementwiseGradients,
    ...reductionGradients,
    ...layoutGradients,
    ...windowGradients,
    ...imageGradients,
  ];
  for (const config of all) {
    if (tf.getGradient(config.kernelName) == null) tf.registerGradient(config);
  }
}
