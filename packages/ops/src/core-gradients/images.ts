import * as tf from "@tensorflow/tfjs-core";
import { runKernel } from "./run-kernel.ts";

/** Gradients of tfjs' kernels for images; each has a kernel of its own, or is one backwards. */
export const imageGradients: readonly tf.GradConfig[] = [
  resizingGradient("ResizeBilinear"),
  resizingGradient("ResizeNearestNeighbor"),
  {
    kernelName: "LRN",
    inputsToSave: ["x"],
    outputsToSave: [true],
    gradFunc: (dy, [x, y], attrs) => ({
      x: () => runKernel("LRNGrad", { x, y, dy }, attrs),
    }),
  },
  {
    kernelName: "SpaceToBatchND",
    gradFunc: (dy, _saved, attrs) => ({
      x: () =>
        tf.batchToSpaceND(
          dy as tf.Tensor,
          attrs.blockShape as number[],
          attrs.paddings as number[][],
        ),
    }),
  },
  {
    kernelName: "BatchToSpaceND",
    gradFunc: (dy, _saved, attrs) => ({
      x: () =>
        tf.spaceToBatchND(dy as tf.Tensor, attrs.blockShape as number[], attrs.crops as number[][]),
    }),
  },
];

function resizingGradient(kernelName: string): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ["images"],
    gradFunc: (dy, [images], attrs) => ({
      images: () => runKernel(`${kernelName}Grad`, { dy, images }, attrs),
    }),
  };
}
