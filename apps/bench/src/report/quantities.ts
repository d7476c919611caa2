import { bytes } from "@espalier/terminal";
import { BUSY_SHARE } from "../method/busy-share.ts";
import type { Comparison, Items, Measurement, Series } from "./bench-report.ts";

/** Three significant digits, in the unit that suits: `1,550 ms`, `98.3 ms`, `0.412 ms`, `12.5 s`; `1.2 GB`. */
export function quantity(value: number, kind: Measurement["quantity"]): string {
  if (kind === "bytes") return bytes(value);
  const ms = value * 1000;
  if (ms >= 10_000) return `${digits(value)} s`;
  return `${digits(ms)} ms`;
}

/** How much of the median the interval spans to each side: `± 1.2 %`; nothing where there was one round. */
function deviation(series: Series): string {
  if (series.values.length === 1) return "";
  const share = Math.max(series.high - series.median, series.median - series.low) / series.median;
  return `± ${(share * 100).toFixed(1)} %`;
}

/** `1,140 sentences/s`, `391 M parameters/s` */
function rate(items: Items, seconds: number): string {
  const each = items.count / seconds;
  return `${each >= MILLION ? `${digits(each / MILLION)} M` : digits(each)} ${items.unit}/s`;
}

const MILLION = 1e6;

/** `domain 0.973, sentiment 0.812` */
function scoreList(scores: NonNullable<Series["scores"]>): string {
  return Object.entries(scores)
    .map(([name, value]) => `${name} ${value.toFixed(3)}`)
    .join(", ");
}

/** Counted rounds of a piece of work, which all of its contenders did. */
export function roundsOf({ series }: Measurement): number {
  return series[0]?.values.length ?? 0;
}

/** What a report says of a contender; what does not apply is empty. */
interface SeriesWords {
  readonly median: string;
  readonly deviation: string;
  readonly rate: string;
  /** `85 %` */
  readonly shareOfLimit: string;
  readonly ratio: string;
  readonly scores: string;
}

export function seriesWords(
  { quantity: kind, items, comparisons }: Measurement,
  series: Series,
): SeriesWords {
  const { median, shareOfLimit, scores, contender } = series;
  const against = comparisons.find((one) => one.contender === contender);
  return {
    median: quantity(median, kind),
    deviation: deviation(series),
    rate: items === undefined ? "" : rate(items, median),
    shareOfLimit: shareOfLimit === undefined ? "" : `${(shareOfLimit * 100).toFixed(0)} %`,
    ratio: against === undefined ? "" : comparison(against, series.values.length),
    scores: scores === undefined ? "" : scoreList(scores),
  };
}

/** `1.23 × (1.20 … 1.27)`, or that the spread is wider than the effect. */
function comparison({ ratio, low, high, clear }: Comparison, rounds: number): string {
  if (rounds === 1) return `${ratio.toFixed(2)} × (no interval)`;
  if (!clear) return "no clear difference";
  return `${ratio.toFixed(2)} × (${low.toFixed(2)} … ${high.toFixed(2)})`;
}

function digits(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  if (value === 0) return "0";
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(value))));
}

/** A warning when others disturbed the run, else nothing. */
export function disturbance(share: number): string | undefined {
  if (share < BUSY_SHARE) return undefined;
  return `other programs used ${(share * 100).toFixed(0)} % of the processors: no time is trustworthy`;
}
