import type { BenchReport, Measurement } from "./bench-report.ts";

/** How one of Espalier's own values moved between two reports. */
export interface Change {
  readonly suite: string;
  readonly work: string;
  readonly quantity: Measurement["quantity"];
  readonly before: number;
  readonly after: number;
  /** `after / before` */
  readonly ratio: number;
}

export interface Changes {
  /** More time or memory, beyond both intervals. */
  readonly regressions: readonly Change[];
  /** Less, beyond both intervals. */
  readonly improvements: readonly Change[];
  /** Compared works in all. */
  readonly compared: number;
  /** Those of them that had a single round, here or there: without an interval nothing is claimed. */
  readonly single: number;
}

/** Espalier's own values of two reports, work by work; what only one of them has is left out. */
export function compareReports(before: BenchReport, after: BenchReport): Changes {
  const old = new Map(
    before.suites.flatMap(({ suite, measurements }) => keyed(suite, measurements)),
  );
  const regressions: Change[] = [];
  const improvements: Change[] = [];
  let compared = 0;
  let single = 0;
  for (const { suite, measurements } of after.suites) {
    for (const [key, now] of keyed(suite, measurements)) {
      const was = old.get(key)?.series[0];
      const is = now.series[0];
      if (was === undefined || is === undefined) continue;
      compared++;
      if (was.values.length === 1 || is.values.length === 1) {
        single++;
        continue;
      }
      const change = {
        suite,
        work: now.work,
        quantity: now.quantity,
        before: was.median,
        after: is.median,
        ratio: is.median / was.median,
      };
      if (is.low > was.high) regressions.push(change);
      else if (is.high < was.low) improvements.push(change);
    }
  }
  return { regressions, improvements, compared, single };
}

function keyed(
  suite: string,
  measurements: readonly Measurement[],
): ReadonlyArray<readonly [string, Measurement]> {
  return measurements.map((one) => [`${suite}\n${one.work}\n${one.quantity}`, one] as const);
}
