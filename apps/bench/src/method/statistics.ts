import { createRng } from "@espalier/core";

/** The middle value; the mean of the two middle ones for an even count. @throws on an empty list */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("median of no values");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Ratio extends Interval {
  readonly median: number;
  /** False when the interval contains 1: the spread is wider than the effect. */
  readonly clear: boolean;
}

const RESAMPLES = 2000;

/**
 * How many times longer `other` took than `own`, round by round, with a 95 % percentile bootstrap interval of the
 * median (Efron 1979).
 * @param own   seconds per round
 * @param other seconds per round, measured in the same rounds
 */
export function pairedRatio(own: readonly number[], other: readonly number[]): Ratio {
  const ratios = own.map((seconds, round) => (other[round] as number) / seconds);
  const rng = createRng(1);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(ratios.map(() => ratios[Math.floor(rng.uniform() * ratios.length)] as number)),
  ).sort((a, b) => a - b);
  const low = medians[Math.floor(RESAMPLES * 0.025)] as number;
  const high = medians[Math.ceil(RESAMPLES * 0.975) - 1] as number;
  return { median: median(ratios), low, high, clear: low > 1 || high < 1 };
}

/** Half the distance between the quartiles over the median: how noisy a series is. */
export function relativeSpread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] as number;
  return (at(0.75) - at(0.25)) / 2 / median(values);
}
