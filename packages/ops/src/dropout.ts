import { EspalierError, type Rng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { dropoutMask } from "./dropout-mask.ts";
import { DROPOUT } from "./kernel-names.ts";
import { runNative } from "./native-kernel.ts";

export interface DropoutOptions {
  /** Probability of an element to become zero, from 0 (returns x itself) to 255/256. */
  readonly rate: number;
  /** The stream the mask is drawn from; the same stream gives the same mask on every backend. */
  readonly rng: Rng;
}

/**
 * Inverted dropout (Srivastava et al. 2014): elements become zero with probability `rate`, the others are divided by
 * 1 − rate, so the expectation is x.
 * @param x float32, any shape
 * @throws {EspalierError} CONFIG_INVALID when the rate is outside 0 .. 255/256
 */
export function dropout<X extends tf.Tensor>(x: X, options: DropoutOptions): X {
  const { rate } = options;
  expectRate(rate);
  if (rate === 0) return x;
  const kept = dropoutMask(x.size, options);
  return differentiable<"x", X>(
    { x },
    {
      forward: () => applyDropout(x, rate, kept),
      backward: (dy) => ({ x: () => applyDropout(dy, rate, kept) }),
    },
  );
}

/** @throws {EspalierError} CONFIG_INVALID when the rate is outside 0 .. 255/256 */
export function expectRate(rate: number): void {
  if (!(rate >= 0 && rate <= 255 / 256)) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `dropout: rate is ${rate}, expected 0 <= rate <= 255/256`,
    );
  }
}

/** x · kept / (1 − rate), without a gradient of its own. @param kept of `dropoutMask` */
export function applyDropout(x: tf.Tensor, rate: number, kept: Uint8Array): tf.Tensor {
  const native = runNative(DROPOUT, { x }, { rate, kept });
  if (native !== undefined) return native[0] as tf.Tensor;
  const scale = 1 / (1 - rate);
  const factors = Float32Array.from(kept, (keeps) => keeps * scale);
  return tf.mul(x, tf.tensor(factors, x.shape));
}
