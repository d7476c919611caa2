import { readFloat32, readSafetensors, requireTensor } from "@espalier/checkpoint";
import { gradients } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageLayer, ImageNetwork } from "./image-network.ts";
import type { StepOutcome, StepPart } from "./own-step.ts";
import { IMAGES } from "./write-image-network.ts";

/** A network for images as a program of TensorFlow.js: its own operations, variables and Adam, nothing of ours but the backend. */
export interface OwnImages {
  /** Runs the part to the end. Only `full` changes the weights. */
  run(part: StepPart): Promise<void>;
  /** Loss and gradients as the weights are. */
  check(): Promise<StepOutcome>;
  dispose(): void;
}

export const IMAGE_LEARNING_RATE = 1e-3;

/** @param path as `writeImageNetwork` made it */
export async function createOwnImages(path: string, network: ImageNetwork): Promise<OwnImages> {
  const file = await readSafetensors(path);
  const read = (name: string): tf.Tensor =>
    tf.tensor(readFloat32(file, name), [...requireTensor(file, name).shape]);
  const images = read(IMAGES) as tf.Tensor4D;
  const labels = tf.tidy(() =>
    tf.oneHot(tf.tensor1d(labelsOf(network), "int32"), network.classes),
  ) as tf.Tensor2D;
  const names = [...file.tensors.keys()].filter((name) => name !== IMAGES);
  const variables = Object.fromEntries(
    names.map((name) => [name, tf.tidy(() => tf.variable(read(name)))]),
  );
  const loss = (): tf.Scalar => {
    const logits = logitsOf(network, images, variables);
    return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), 1))) as tf.Scalar;
  };
  const optimizer = tf.train.adam(IMAGE_LEARNING_RATE);
  const runs: Record<StepPart, () => tf.Tensor[]> = {
    forward: () => [tf.tidy(loss)],
    backward: () => {
      const { value, gradients: found } = gradients(loss, variables);
      return [value, ...Object.values(found)];
    },
    full: () => [optimizer.minimize(loss, true) as tf.Scalar],
  };
  return {
    async run(part) {
      const results = runs[part]();
      await results[0]?.data();
      tf.dispose(results);
    },
    async check() {
      const [value, ...found] = runs.backward() as [tf.Tensor, ...tf.Tensor[]];
      const norm = tf.tidy(() =>
        tf.sqrt(tf.addN(found.map((gradient) => tf.sum(tf.square(gradient))))),
      );
      const outcome = {
        loss: (await value.data())[0] as number,
        gradientNorm: (await norm.data())[0] as number,
      };
      tf.dispose([value, norm, ...found]);
      return outcome;
    },
    dispose() {
      optimizer.dispose();
      tf.dispose([images, labels, variables]);
    },
  };
}

/** The classes in turn. */
export function labelsOf({ batch, classes }: ImageNetwork): number[] {
  return Array.from({ length: batch }, (_, i) => i % classes);
}

function logitsOf(
  { layers }: ImageNetwork,
  images: tf.Tensor4D,
  variables: Readonly<Record<string, tf.Variable>>,
): tf.Tensor2D {
  const parameter = (i: number, name: string): tf.Tensor => variables[`${i}.${name}`] as tf.Tensor;
  const states = layers.reduce(
    (x, layer, i) => layerOf(layer, x, (name) => parameter(i, name)),
    images,
  );
  const vectors = tf.mean(states, [1, 2]) as tf.Tensor2D;
  const weight = parameter(layers.length, "weight") as tf.Tensor2D;
  return tf.add(tf.matMul(vectors, weight), parameter(layers.length, "bias"));
}

function layerOf(
  layer: ImageLayer,
  x: tf.Tensor4D,
  parameter: (name: string) => tf.Tensor,
): tf.Tensor4D {
  if (layer.kind === "pool") return tf.maxPool(x, layer.size, layer.size, "valid");
  const common = {
    x,
    filter: parameter("weight") as tf.Tensor4D,
    bias: parameter("bias"),
    // As PyTorch pads; TensorFlow's "same" is another one where the stride is 2.
    pad: (layer.size - 1) / 2,
    dimRoundingMode: "floor",
    activation: "relu",
  } as const;
  return layer.kind === "depthwise"
    ? tf.fused.depthwiseConv2d({ ...common, strides: layer.stride })
    : tf.fused.conv2d({ ...common, strides: 1 });
}
