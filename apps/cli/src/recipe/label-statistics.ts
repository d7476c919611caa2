import type { Dataset } from "@espalier/data";
import { mean } from "@espalier/metrics";

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
  const center = mean(numbers);
  const deviation = Math.sqrt(mean(numbers.map((number) => (number - center) ** 2)));
  return {
    smallest: numbers.reduce((a, b) => Math.min(a, b), Infinity),
    largest: numbers.reduce((a, b) => Math.max(a, b), -Infinity),
    mean: Number(center.toPrecision(4)),
    deviation: Number(deviation.toPrecision(4)),
  };
}
