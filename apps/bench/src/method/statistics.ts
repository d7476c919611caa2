import { createRng } from "@espalier/core";

/** The middle value; the mean of the two middle ones for an even count. @throws {RangeError} on an empty list */
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

/** 95 % percentile bootstrap interval of the median (Efron 1979); the same values give the same interval. */
export function medianInterval(values: readonly number[]): Interval {
  const rng = createRng(1);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(rng.uniform() * values.length)] as number)),
  ).sort((a, b) => a - b);
  return {
    low: medians[Math.floor(RESAMPLES * 0.025)] as number,
    high: medians[Math.ceil(RESAMPLES * 0.975) - 1] as number,
  };
}

/**
 * How many times longer `other` took than `own`, round by round, with the interval of the median.
 * @param own   seconds (or bytes) per round
 * @param other the same, measured in the same rounds
 * @throws {RangeError} when the numbers of rounds differ or there are none
 */
export function pairedRatio(own: readonly number[], other: readonly number[]): Ratio {
  if (own.length !== other.length)
    throw new RangeError(`${own.length} rounds paired with ${other.length}`);
  const ratios = own.map((value, round) => (other[round] as number) / value);
  const { low, high } = medianInterval(ratios);
  return { median: median(ratios), low, high, clear: low > 1 || high < 1 };
}

/** Half the distance between the quartiles over the median: how noisy a series is. */
export function relativeSpread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number;
  return (at(0.75) - at(0.25)) / 2 / median(values);
}
