import type { BenchReport } from "./bench-report.ts";
import { type Change, compareReports } from "./compare.ts";
import { quantity } from "./quantities.ts";

/** What got slower or larger since another report, and what got better, as lines. */
export function renderChanges(before: BenchReport, after: BenchReport): string[] {
  const { regressions, improvements, compared, single } = compareReports(before, after);
  const lines = [
    `  against ${before.date.slice(0, 10)}: ${compared} compared · ${regressions.length} worse · ${improvements.length} better, beyond both intervals`,
    ...(single === 0
      ? []
      : [`  ${single} of them with a single round, of which nothing is claimed`]),
    ...regressions.map((change) => line("worse ", change)),
    ...improvements.map((change) => line("better", change)),
  ];
  for (const [name, old, now] of [
    ["processor", before.machine.processor, after.machine.processor],
    ["threads", before.threads, after.threads],
    ["backend", before.backend, after.backend],
  ] as const)
    if (old !== now) lines.push(`  careful: the ${name} was another one: ${old}, now ${now}`);
  return lines;
}

function line(
  verdict: string,
  { suite, work, quantity: kind, before, after, ratio }: Change,
): string {
  return `  ${verdict}  ${suite}  ${work}: ${quantity(before, kind)} → ${quantity(after, kind)} (${ratio.toFixed(2)} ×)`;
}
