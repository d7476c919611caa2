import * as tf from "@tensorflow/tfjs-core";

const ROWS = 512;
const PRODUCTS = 6;
const ROUNDS = 4;

/**
 * Floating-point operations a second of large matrix products on the current backend, the best of a few short rounds.
 * @param width of the matrices; a model's own, as small ones run slower
 */
export async function measureSpeed(width: number): Promise<number> {
  const weight = tf.randomUniform([width, width], -0.01, 0.01);
  const input = tf.randomUniform([ROWS, width]);
  let best = Number.POSITIVE_INFINITY;
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const started = performance.now();
      const sum = tf.tidy(() => {
        let product = input;
        for (let i = 0; i < PRODUCTS; i++) product = tf.matMul(product, weight);
        return tf.sum(product);
      });
      await sum.data();
      sum.dispose();
      // The first round compiles.
      if (round > 0) best = Math.min(best, performance.now() - started);
    }
  } finally {
    tf.dispose([weight, input]);
  }
  return (2 * ROWS * width * width * PRODUCTS) / (best / 1000);
}
