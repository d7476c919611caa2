import type { Dataset } from "@espalier/data";

export interface LabelStatistics {
  readonly smallest: number;
  readonly largest: number;
  /** Four significant digits, as it becomes part of recipes. */
  readonly mean: number;
  /** Standard deviation of these rows, likewise. */
  readonly deviation: number;
}

/** Of the numbers that a regression task has as labels, at least one. */
export function labelStatistics({ examples }: Dataset, task: string): LabelStatistics {
  const numbers = examples.flatMap(({ labels }) => {
    const label = labels[task];
    return typeof label === "number" ? [label] : [];
  });
  const mean = average(numbers);
  const deviation = Math.sqrt(average(numbers.map((number) => (number - mean) ** 2)));
  return {
    smallest: numbers.reduce((a, b) => Math.min(a, b), Infinity),
    largest: numbers.reduce((a, b) => Math.max(a, b), -Infinity),
    mean: Number(mean.toPrecision(4)),
    deviation: Number(deviation.toPrecision(4)),
  };
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}
