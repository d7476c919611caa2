import { bytes, table } from "@espalier/terminal";
import type { BenchReport, Measurement, SuiteResult } from "./bench-report.ts";
import { disturbance, quantity, roundsOf, seriesWords } from "./quantities.ts";

/** The report as aligned lines. */
export function renderTable(report: BenchReport): string[] {
  return [
    ...heading(report),
    ...report.suites.flatMap((suite) => ["", ...renderSuite(suite)]),
    "",
    "  medians of as many interleaved rounds as the row says, ± 95 % bootstrap interval · ratio: theirs / ours",
  ];
}

function heading(report: BenchReport): string[] {
  const { machine, threads, backend, versions, date } = report;
  const disturbed = disturbance(report.busyShare);
  const size = bytes(machine.memoryBytes);
  return [
    `  machine   ${machine.processor} · ${machine.logicalProcessors} logical processors · ${size} · ${machine.platform} · Node ${machine.node}`,
    `  run       ${threads} threads · backend ${backend}${report.quick ? " · quick" : ""} · ${date.slice(0, 16).replace("T", " ")} UTC`,
    `  versions  ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(" · ")}`,
    ...(disturbed === undefined ? [] : [`  careful   ${disturbed}`]),
  ];
}

function renderSuite({ suite, measurements, skipped }: SuiteResult): string[] {
  const scored = measurements.some(({ series }) => series.some(({ scores }) => scores));
  const limited = measurements.some(({ limit }) => limit !== undefined);
  const rated = measurements.some(({ items }) => items !== undefined);
  const left = (title: string) => ({ title, align: "left" }) as const;
  const right = (title: string) => ({ title, align: "right" }) as const;
  const columns = [
    left(suite),
    left(""),
    right("rounds"),
    right("median"),
    right(""),
    ...(rated ? [right("rate")] : []),
    ...(limited ? [right("of the limit")] : []),
    left("ratio"),
    ...(scored ? [left("accuracy")] : []),
  ];
  const rows = measurements.flatMap((one) => seriesRows(one, { limited, rated, scored }));
  return [
    ...table(columns, rows),
    ...skipped.map(({ contender, work, reason }) => `  skipped  ${contender}, ${work}: ${reason}`),
  ];
}

function seriesRows(
  measured: Measurement,
  shown: { limited: boolean; rated: boolean; scored: boolean },
): string[][] {
  const { series, limit } = measured;
  const rows = series.map((one, place) => {
    const { median, deviation, rate, shareOfLimit, ratio, scores } = seriesWords(measured, one);
    return [
      place === 0 ? measured.work : "",
      one.contender,
      place === 0 ? String(roundsOf(measured)) : "",
      median,
      deviation,
      ...(shown.rated ? [rate] : []),
      ...(shown.limited ? [shareOfLimit] : []),
      ratio,
      ...(shown.scored ? [scores] : []),
    ];
  });
  if (limit === undefined) return rows;
  const speed = `needed products at ${(limit.flopsPerSecond / 1e9).toFixed(0)} GFLOP/s`;
  const limitRow = ["", "limit", "", quantity(limit.seconds, "seconds"), ""];
  return [
    ...rows,
    [...limitRow, ...(shown.rated ? [""] : []), "", speed, ...(shown.scored ? [""] : [])],
  ];
}
