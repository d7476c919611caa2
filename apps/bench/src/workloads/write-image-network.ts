import { type SafetensorsTensor, writeSafetensors } from "@espalier/checkpoint";
import { createRng } from "@espalier/core";
import { IMAGE_CHANNELS, type ImageNetwork, parameterShapes } from "./image-network.ts";

/** The name of the batch among the parameters. */
export const IMAGES = "images";

/**
 * Writes random weights with the deviations of He et al. 2015 for ReLU, and a batch of random images `[B, H, W, C]`: what all
 * programs of a comparison start from.
 */
export async function writeImageNetwork(path: string, network: ImageNetwork): Promise<void> {
  const { batch, pixels } = network;
  const rng = createRng(1);
  const normal = (name: string, shape: number[], deviation: number): SafetensorsTensor => {
    const stream = rng.fork(name);
    const size = shape.reduce((product, axis) => product * axis, 1);
    const data = Float32Array.from({ length: size }, () => deviation * stream.normal());
    return { dtype: "F32", shape, data };
  };
  const tensors = new Map(
    Object.entries(parameterShapes(network)).map(([name, shape]) => [
      name,
      normal(name, shape, deviationOf(shape)),
    ]),
  );
  tensors.set(IMAGES, normal(IMAGES, [batch, pixels, pixels, IMAGE_CHANNELS], 1));
  await writeSafetensors(path, { tensors });
}

/** Of a bias 0; a depthwise filter sees one channel. */
function deviationOf(shape: readonly number[]): number {
  const outputs = shape[shape.length - 1];
  const isDepthwise = shape.length === 4 && outputs === 1;
  const seen = shape.slice(0, isDepthwise ? 2 : -1).reduce((product, axis) => product * axis, 1);
  return shape.length === 1 ? 0 : Math.sqrt(2 / seen);
}
