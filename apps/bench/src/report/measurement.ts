import { median, medianInterval, pairedRatio, relativeSpread } from "../method/statistics.ts";
import type { Comparison, Curve, Items, Limit, Measurement, Series } from "./bench-report.ts";

export interface MeasurementInput {
  readonly work: string;
  readonly quantity: Measurement["quantity"];
  /** Values of each contender by round; the first is Espalier's own, and all have as many. */
  readonly values: ReadonlyMap<string, readonly number[]>;
  readonly curve?: Curve;
  readonly items?: Items;
  readonly limit?: Limit;
  /** Of the last round, by contender. */
  readonly scores?: ReadonlyMap<string, NonNullable<Series["scores"]>>;
}

/** Medians, intervals, ratios and shares of the limit of what was measured. */
export function measurement(input: MeasurementInput): Measurement {
  const { work, quantity, values, curve, items, limit, scores } = input;
  const entries = [...values];
  const own = entries[0]?.[1] ?? [];
  return {
    work,
    quantity,
    ...(curve === undefined ? {} : { curve }),
    ...(items === undefined ? {} : { items }),
    series: entries.map(([contender, list]) =>
      series({ contender, values: list, limit, scores: scores?.get(contender) }),
    ),
    comparisons: entries.slice(1).map(([contender, list]): Comparison => {
      const { median: ratio, low, high, clear } = pairedRatio(own, list);
      return { contender, ratio, low, high, clear };
    }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/**
 * The time that needed products alone take.
 * @param flops          floating-point operations of the products
 * @param flopsPerSecond of each round; their median counts
 */
export function limitOf(flops: number, flopsPerSecond: readonly number[]): Limit {
  const speed = median(flopsPerSecond);
  return { flops, flopsPerSecond: speed, seconds: flops / speed };
}

function series({
  contender,
  values,
  limit,
  scores,
}: {
  contender: string;
  values: readonly number[];
  limit: Limit | undefined;
  scores: Series["scores"];
}): Series {
  const middle = median(values);
  return {
    contender,
    values,
    median: middle,
    ...medianInterval(values),
    spread: relativeSpread(values),
    ...(scores === undefined ? {} : { scores }),
    ...(limit === undefined ? {} : { shareOfLimit: limit.seconds / middle }),
  };
}
