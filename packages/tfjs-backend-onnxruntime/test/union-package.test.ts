import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, it } from "vitest";
import { type OnnxruntimeBackend, registerOnnxruntimeBackend } from "../src/index.ts";

// The union package brings a core, gradients and layers of its own; the backend is written against @tensorflow/tfjs-core.
beforeAll(() => registerOnnxruntimeBackend({ threads: 1 }));

const seeded = (seed: number) => tf.initializers.glorotUniform({ seed });

/** Convolutions, poolings, normalization, a depthwise and a strided convolution, dropout, dense layers. */
function convolutional(): tf.Sequential {
  const { layers } = tf;
  return tf.sequential({
    layers: [
      layers.conv2d({
        inputShape: [12, 12, 1],
        filters: 8,
        kernelSize: 3,
        activation: "relu",
        kernelInitializer: seeded(1),
      }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.batchNormalization(),
      layers.depthwiseConv2d({
        kernelSize: 3,
        padding: "same",
        depthwiseInitializer: seeded(2),
      }),
      layers.conv2d({
        filters: 6,
        kernelSize: 2,
        strides: 2,
        padding: "same",
        activation: "elu",
        kernelInitializer: seeded(3),
      }),
      layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" }),
      layers.flatten(),
      layers.dense({ units: 3, activation: "softmax", kernelInitializer: seeded(4) }),
    ],
  });
}

/** Reads a sequence of rows with an LSTM. */
function recurrent(): tf.Sequential {
  const lstm = tf.layers.lstm({
    units: 6,
    kernelInitializer: seeded(5),
    recurrentInitializer: seeded(6),
  });
  return tf.sequential({
    layers: [
      tf.layers.reshape({ inputShape: [12, 12, 1], targetShape: [12, 12] }),
      lstm,
      tf.layers.dense({ units: 3, activation: "softmax", kernelInitializer: seeded(7) }),
    ],
  });
}

/** Stripes of three directions, with some noise that is the same in every call. */
function stripes(count: number): { x: tf.Tensor4D; y: tf.Tensor2D } {
  const directions = [
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const;
  const pixels = Float32Array.from({ length: count * 144 }, (_, i) => {
    const [image, row, column] = [Math.floor(i / 144), Math.floor(i / 12) % 12, i % 12];
    const [down, right] = directions[image % 3]!;
    const stripe = (row * down + column * right) % 4 < 2 ? 1 : 0;
    return stripe + 0.4 * Math.sin(i * 12.9898);
  });
  const labels = Int32Array.from({ length: count }, (_, image) => image % 3);
  return tf.tidy(() => ({
    x: tf.tensor4d(pixels, [count, 12, 12, 1]),
    y: tf.oneHot(tf.tensor1d(labels, "int32"), 3) as tf.Tensor2D,
  }));
}

async function fit(backend: string, create: () => tf.Sequential) {
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const model = create();
  model.compile({ optimizer: tf.train.adam(0.01), loss: "categoricalCrossentropy" });
  const { x, y } = stripes(45);
  const { history } = await model.fit(x, y, {
    batchSize: 10,
    epochs: 4,
    shuffle: false,
    verbose: 0,
  });
  const scores = model.predict(x) as tf.Tensor;
  const result = { losses: history.loss as number[], scores: [...scores.dataSync()] };
  tf.dispose([x, y, scores]);
  model.dispose();
  model.optimizer.dispose();
  return { ...result, leaked: tf.memory().numTensors - before };
}

it.each([
  ["convolutional", convolutional],
  ["recurrent", recurrent],
] as const)("a %s network of tf.layers trains as on the cpu backend", async (_name, create) => {
  const expected = await fit("cpu", create);
  const actual = await fit("onnxruntime", create);
  expect(expected.losses.at(-1)!).toBeLessThan(expected.losses[0]! * 0.9);
  actual.losses.forEach((loss, epoch) => {
    expect(Math.abs(loss - expected.losses[epoch]!)).toBeLessThan(1e-3);
  });
  actual.scores.forEach((score, i) => {
    expect(Math.abs(score - expected.scores[i]!)).toBeLessThan(5e-3);
  });
  expect(actual.leaked).toBe(expected.leaked);
  expect((tf.backend() as OnnxruntimeBackend).stats().launches).toBeGreaterThan(0);
});
