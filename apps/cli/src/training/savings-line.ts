import { bytes, count } from "@espalier/terminal";
import type { TrainResult } from "@espalier/trainer";

/**
 * What a run left out without changing its numbers; undefined when that is nothing.
 * `62 % of the trunk's work (padding, frozen layers) · updates of 4,056 of 8,002 word rows that no text has (12 MB)`
 */
export function savingsLine({
  work,
  phases,
}: Pick<TrainResult, "work" | "phases">): string | undefined {
  const share = Math.round(100 * (1 - work.tokens / work.plainTokens));
  const rows = phases.flatMap(({ activeRows }) => activeRows ?? [])[0];
  const parts = [
    ...(share > 0 ? [`${share} % of the trunk's work (padding, frozen layers)`] : []),
    ...(rows === undefined
      ? []
      : [
          `updates of ${count(rows.of - rows.rows)} of ${count(rows.of)} word rows that no text has (${bytes(rows.savedBytes)})`,
        ]),
  ];
  return parts.length === 0 ? undefined : parts.join(" · ");
}
