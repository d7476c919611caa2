import { EspalierError } from "@espalier/core";
import type * as tf from "@tensorflow/tfjs-core";
import { runKernel } from "./run-kernel.ts";

/** Gradients of tfjs' convolutions and poolings; each has kernels of its own. */
export const windowGradients: readonly tf.GradConfig[] = [
  convolutionGradient("Conv2D", ["Conv2DBackpropInput", "Conv2DBackpropFilter"]),
  convolutionGradient("Conv3D", ["Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"]),
  convolutionGradient("DepthwiseConv2dNative", [
    "DepthwiseConv2dNativeBackpropInput",
    "DepthwiseConv2dNativeBackpropFilter",
  ]),
  {
    // A transposed convolution: what is its gradient in a convolution is the convolution here.
    kernelName: "Conv2DBackpropInput",
    inputsToSave: ["dy", "filter"],
    gradFunc(ddx, [dy, filter], attrs) {
      const filterShape = (filter as tf.Tensor).shape;
      return {
        dy: () => runKernel("Conv2D", { x: ddx, filter }, { ...attrs, dilations: 1 }),
        filter: () => runKernel("Conv2DBackpropFilter", { x: ddx, dy }, { ...attrs, filterShape }),
      };
    },
  },
  maximumGradient("MaxPool"),
  maximumGradient("MaxPool3D"),
  meanGradient("AvgPool"),
  meanGradient("AvgPool3D"),
];

function convolutionGradient(
  kernelName: string,
  [ofInput, ofFilter]: readonly [string, string],
): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ["x", "filter"],
    gradFunc(dy, [x, filter], attrs) {
      const dilations = [attrs.dilations ?? 1].flat() as number[];
      if (dilations.some((dilation) => dilation !== 1)) {
        throw new EspalierError(
          "UNSUPPORTED",
          `gradient of ${kernelName}: dilations are ${dilations}, expected 1`,
        );
      }
      const inputShape = (x as tf.Tensor).shape;
      const filterShape = (filter as tf.Tensor).shape;
      return {
        x: () => runKernel(ofInput, { dy, filter }, { ...attrs, inputShape }),
        filter: () => runKernel(ofFilter, { x, dy }, { ...attrs, filterShape }),
      };
    },
  };
}

function maximumGradient(kernelName: string): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ["x"],
    outputsToSave: [true],
    gradFunc: (dy, [input, output], attrs) => ({
      x: () => runKernel(`${kernelName}Grad`, { dy, input, output }, attrs),
    }),
  };
}

function meanGradient(kernelName: string): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ["x"],
    gradFunc: (dy, [input], attrs) => ({
      x: () => runKernel(`${kernelName}Grad`, { dy, input }, attrs),
    }),
  };
}
