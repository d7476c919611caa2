import type { SuiteResult } from "../report/bench-report.ts";

/** What a suite, or a part of one, found. */
export type Findings = Pick<SuiteResult, "measurements" | "skipped">;

/** Findings of parts as those of the whole, in order. */
export function together(parts: readonly Findings[]): Findings {
  return {
    measurements: parts.flatMap(({ measurements }) => measurements),
    skipped: parts.flatMap(({ skipped }) => skipped),
  };
}
