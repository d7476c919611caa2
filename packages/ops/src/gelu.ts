import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { GELU, GELU_GRAD } from "./kernel-names.ts";
import { runNative } from "./native-kernel.ts";

/** `"erf"` is the exact x · Φ(x) (BERT's "gelu"), `"tanh"` its approximation ("gelu_new", "gelu_pytorch_tanh"). */
export type GeluApproximation = "erf" | "tanh";

/**
 * Gaussian error linear unit (Hendrycks, Gimpel 2016), elementwise, with the exact derivative of the chosen form.
 * @param x float32, any shape
 * @returns float32, the same shape
 */
export function gelu<X extends tf.Tensor>(x: X, approximation: GeluApproximation): X {
  return differentiable<"x", X>(
    { x },
    {
      forward(save) {
        save([x]);
        const native = runNative(GELU, { x }, { approximation });
        return (native?.[0] as tf.Tensor) ?? tf.mul(x, FORMS[approximation].share(x));
      },
      backward: (dy, saved) => ({
        x() {
          const x = saved[0] as tf.Tensor;
          const native = runNative(GELU_GRAD, { dy, x }, { approximation });
          return (native?.[0] as tf.Tensor) ?? tf.mul(dy, FORMS[approximation].derivative(x));
        },
      }),
    },
  );
}

/** y = x · share(x). */
interface GeluForm {
  share(x: tf.Tensor): tf.Tensor;
  derivative(x: tf.Tensor): tf.Tensor;
}

const FORMS: Record<GeluApproximation, GeluForm> = {
  erf: {
    // Φ(x) = (1 + erf(x / √2)) / 2
    share: (x) => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5),
    // Φ(x) + x · φ(x), φ(x) = exp(−x² / 2) / √(2π)
    derivative(x) {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.add(FORMS.erf.share(x), tf.mul(x, density));
    },
  },
  tanh: {
    share: (x) => tf.mul(tf.add(tf.tanh(inner(x)), 1), 0.5),
    // (1 + t) / 2 + x · (1 − t²) / 2 · inner'(x), t = tanh(inner(x))
    derivative(x) {
      const t = tf.tanh(inner(x));
      const slope = tf.mul(tf.add(tf.mul(tf.square(x), 3 * CUBIC), 1), Math.sqrt(2 / Math.PI));
      const bend = tf.mul(tf.mul(x, tf.sub(1, tf.square(t))), slope);
      return tf.mul(tf.add(tf.add(t, 1), bend), 0.5);
    },
  },
};

const CUBIC = 0.044715;

/** √(2/π) · (x + 0.044715 · x³) */
function inner(x: tf.Tensor): tf.Tensor {
  const cubed = tf.mul(tf.square(x), x);
  return tf.mul(tf.add(x, tf.mul(cubed, CUBIC)), Math.sqrt(2 / Math.PI));
}
