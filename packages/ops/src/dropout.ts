import { EspalierError, type Rng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
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
  const bytes = dropoutBytes(x.size, options);
  return differentiable<"x", X>(
    { x },
    {
      forward: () => applyDropout(x, rate, bytes),
      backward: (dy) => ({ x: () => applyDropout(dy, rate, bytes) }),
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

/**
 * One byte an element; the element is dropped when its byte is below rate · 256. A byte alone could express only
 * multiples of 1/256, so the bytes equal to ⌊rate · 256⌋ (one in 256) are decided by a finer draw: they become 0,
 * dropped, with the probability that is left, else 255, kept. The rate is exact to 2^-40 at one byte an element.
 */
export function dropoutBytes(length: number, options: DropoutOptions): Uint8Array {
  const { rate, rng } = options;
  const bytes = rng.bytes(length);
  const border = Math.floor(rate * 256);
  const share = rate * 256 - border;
  for (let i = bytes.indexOf(border); i >= 0; i = bytes.indexOf(border, i + 1)) {
    bytes[i] = rng.uniform() < share ? 0 : 255;
  }
  return bytes;
}

/** x · [byte ≥ rate · 256] / (1 − rate), without a gradient of its own. */
export function applyDropout(x: tf.Tensor, rate: number, bytes: Uint8Array): tf.Tensor {
  const native = runNative(DROPOUT, { x }, { rate, bytes });
  if (native !== undefined) return native[0] as tf.Tensor;
  const kept = new Float32Array(bytes.length);
  const scale = 1 / (1 - rate);
  for (let i = 0; i < kept.length; i++) {
    if ((bytes[i] as number) >= rate * 256) kept[i] = scale;
  }
  return tf.mul(x, tf.tensor(kept, x.shape));
}
