import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { LAYER_NORM, LAYER_NORM_GRAD } from "./kernel-names.ts";
import { columnSum } from "./linear.ts";
import { runNative } from "./native-kernel.ts";
import { expectShape } from "./shape-check.ts";

/**
 * (x − mean) / √(variance + epsilon) · gain + bias over the last axis, with the variance divided by D, as
 * `torch.nn.LayerNorm` (Ba, Kiros, Hinton 2016).
 * @param x    float32 `[..., D]`
 * @param gain float32 `[D]`
 * @param bias float32 `[D]`
 * @param epsilon what is added to the variance
 * @returns    float32, the shape of x
 * @throws {EspalierError} SHAPE_MISMATCH when gain or bias do not have D values
 */
// biome-ignore lint/complexity/useMaxParams: the four arguments of every layer_norm, in their usual order
export function layerNorm<X extends tf.Tensor>(
  x: X,
  gain: tf.Tensor1D,
  bias: tf.Tensor1D,
  epsilon: number,
): X {
  const width = x.shape[x.rank - 1] ?? 0;
  expectShape("layerNorm: gain", gain, [width]);
  expectShape("layerNorm: bias", bias, [width]);
  return differentiable<"x" | "gain" | "bias", X>(
    { x, gain, bias },
    {
      forward(save) {
        const [y, mean, inverseDeviation] =
          runNative(LAYER_NORM, { x, gain, bias }, { epsilon }) ??
          normalise({ x, gain, bias, epsilon });
        save([x, gain, mean as tf.Tensor, inverseDeviation as tf.Tensor]);
        return y as tf.Tensor;
      },
      backward(dy, saved) {
        const [x, gain, mean, inverseDeviation] = saved as Saved;
        const native = runNative(LAYER_NORM_GRAD, { dy, x, gain, mean, inverseDeviation });
        if (native !== undefined) {
          const [dx, dgain, dbias] = native as [tf.Tensor, tf.Tensor, tf.Tensor];
          return { x: () => dx, gain: () => dgain, bias: () => dbias };
        }
        const normalised = (): tf.Tensor => tf.mul(tf.sub(x, mean), inverseDeviation);
        return {
          // dx = (g − mean(g) − x̂ · mean(g · x̂)) / deviation, g = dy · gain
          x: () => {
            const scaled = tf.mul(dy, gain);
            const hat = normalised();
            const slope = tf.mean(tf.mul(scaled, hat), -1, true); // [..., 1]
            const centred = tf.sub(scaled, tf.mean(scaled, -1, true));
            return tf.mul(tf.sub(centred, tf.mul(hat, slope)), inverseDeviation);
          },
          gain: () => columnSum(rows(tf.mul(dy, normalised()), width)),
          bias: () => columnSum(rows(dy, width)),
        };
      },
    },
  );
}

type Saved = [x: tf.Tensor, gain: tf.Tensor, mean: tf.Tensor, inverseDeviation: tf.Tensor];

function normalise(inputs: {
  x: tf.Tensor;
  gain: tf.Tensor;
  bias: tf.Tensor;
  epsilon: number;
}): [y: tf.Tensor, mean: tf.Tensor, inverseDeviation: tf.Tensor] {
  const { x, gain, bias, epsilon } = inputs;
  const mean = tf.mean(x, -1, true); // [..., 1]
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), -1, true); // [..., 1]
  const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
  const y = tf.add(tf.mul(tf.mul(centred, inverseDeviation), gain), bias);
  return [y, mean, inverseDeviation];
}

function rows(x: tf.Tensor, width: number): tf.Tensor2D {
  return tf.reshape(x, [-1, width]);
}
