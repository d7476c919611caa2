import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { dropoutMask } from "./dropout-mask.ts";
import { DROPOUT } from "./kernel-names.ts";
import { runNative } from "./native-kernel.ts";
import type { RandomStream } from "./random-stream.ts";

export interface DropoutOptions {
  /** Probability of an element to become zero, from 0 (returns x itself) to 255/256. */
  readonly rate: number;
  /** The stream the mask is drawn from; the same stream gives the same mask on every backend. */
  readonly rng: RandomStream;
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
  const kept = keptElements(x.size, options);
  return differentiable<"x", X>(
    { x },
    {
      forward(save) {
        save([kept]);
        return applyDropout(x, rate, kept);
      },
      backward: (dy, [kept]) => ({ x: () => applyDropout(dy, rate, kept as tf.Tensor1D) }),
    },
  );
}

/** Which elements are kept, see `dropoutMask`. @returns bool `[length]` */
export function keptElements(length: number, { rate, rng }: DropoutOptions): tf.Tensor1D {
  return "mask" in rng
    ? rng.mask(length, rate)
    : tf.tensor1d(dropoutMask(length, { rate, rng }), "bool");
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

/** x · kept / (1 − rate), without a gradient of its own. @param kept of `keptElements` */
export function applyDropout(x: tf.Tensor, rate: number, kept: tf.Tensor1D): tf.Tensor {
  const native = runNative(DROPOUT, { x, kept }, { rate });
  if (native !== undefined) return native[0] as tf.Tensor;
  const factors = tf.mul(tf.cast(kept, "float32"), 1 / (1 - rate));
  return tf.mul(x, tf.reshape(factors, x.shape));
}
