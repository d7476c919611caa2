import type { BenchReport, Measurement, Series, SuiteResult } from "./bench-report.ts";
import { escaped } from "./escaped.ts";
import { disturbance, roundsOf, seriesWords } from "./quantities.ts";
import { renderCurves } from "./render-curves.ts";

/** The report as one self-contained page: a bar a contender with its interval, light or dark as the reader has it. */
export function renderHtml(report: BenchReport): string {
  const { machine, threads, backend, versions, date } = report;
  const facts = [
    `${machine.processor}, ${machine.logicalProcessors} logical processors, ${machine.platform}`,
    `${threads} threads, backend ${backend}, Node ${machine.node}, ${date.slice(0, 10)}${report.quick ? ", a quick run" : ""}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
  ];
  const disturbed = disturbance(report.busyShare);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Espalier bench, ${escaped(date.slice(0, 10))}</title>
<style>${STYLE}</style>
<h1>The same work, side by side</h1>
${facts.map((fact) => `<p class="fact">${escaped(fact)}</p>`).join("\n")}
${disturbed === undefined ? "" : `<p><strong>Careful: ${disturbed}.</strong></p>`}
${report.suites.map((suite) => suiteSection(suite)).join("\n")}
<p class="fact">Medians of interleaved rounds, whiskers: 95 % bootstrap interval of the median; a single round has none. Shorter is better. A ratio is theirs / ours, round by round; it is given only where its interval does not contain 1. The dashed line is the limit: the needed matrix products alone, at the speed measured in the same rounds.</p>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1d1f; --dim: #63696f; --own: #2f7d4f; --other: #9aa4ad; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaec; --dim: #98a0a8; --own: #57b881; --other: #5d6770; --back: #15181a; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); background: var(--back); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; font-weight: 600; }
small { font-weight: 400; color: var(--dim); } .fact { color: var(--dim); margin: .1rem 0; } div + .fact { margin-top: 1.5rem; }
.scroll { overflow-x: auto; } .scroll svg { min-width: 52rem; }
svg { width: 100%; height: auto; display: block; } text { font-size: 12px; fill: var(--ink); } .dim { fill: var(--dim); }
.own { fill: var(--own); } .other { fill: var(--other); } line { stroke: var(--ink); } .limit { stroke-dasharray: 4 3; stroke: var(--dim); }
.plots { display: flex; flex-wrap: wrap; gap: 1rem 2rem; } .plots svg { flex: 1 1 26rem; max-width: 36rem; }
.axis { stroke: var(--dim); stroke-width: .5; } .curve { fill: none; stroke-width: 2; } .curve.own { stroke: var(--own); } .curve.other { stroke: var(--other); } .curve.limit { stroke-width: 1; }
.middle { text-anchor: middle; } .end { text-anchor: end; }
`;

function suiteSection({ suite, measurements, skipped }: SuiteResult): string {
  return [
    `<h2>${escaped(suite)}</h2>`,
    renderCurves(measurements),
    ...measurements.map(
      (one) => `<h3>${escaped(one.work)} <small>${rounds(one)}</small></h3>\n${bars(one)}`,
    ),
    ...skipped.map(
      ({ contender, work, reason }) =>
        `<p class="fact">Skipped: ${escaped(`${contender}, ${work}: ${reason}`)}</p>`,
    ),
  ].join("\n");
}

function rounds(measured: Measurement): string {
  const count = roundsOf(measured);
  return `${count} round${count === 1 ? "" : "s"}`;
}

const WIDTH = 1120;
const LABEL_WIDTH = 250;
const BAR_WIDTH = 310;
const ROW_HEIGHT = 26;

function bars(measured: Measurement): string {
  const { series, limit } = measured;
  const most = Math.max(...series.map(({ high }) => high), limit?.seconds ?? 0);
  const x = (value: number): number => LABEL_WIDTH + (value / most) * BAR_WIDTH;
  const height = series.length * ROW_HEIGHT;
  const rows = series.map((one, place) => row(measured, one, { x, top: place * ROW_HEIGHT }));
  if (limit !== undefined)
    rows.push(
      `<line class="limit" x1="${at(x(limit.seconds))}" x2="${at(x(limit.seconds))}" y1="0" y2="${height}"/>`,
    );
  return `<div class="scroll"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(measured.work)}">\n${rows.join("\n")}\n</svg></div>`;
}

function row(
  measured: Measurement,
  one: Series,
  { x, top }: { x: (value: number) => number; top: number },
): string {
  const own = measured.series[0] === one;
  const middle = top + ROW_HEIGHT / 2;
  const { median, deviation, rate, shareOfLimit, ratio, scores } = seriesWords(measured, one);
  const limit = shareOfLimit && `${shareOfLimit} of the limit`;
  const words = [`${median} ${deviation}`, rate, limit, ratio, scores]
    .filter((part) => part !== "")
    .join(" · ");
  return [
    `<text x="0" y="${middle + 4}">${escaped(one.contender)}</text>`,
    `<rect class="${own ? "own" : "other"}" x="${LABEL_WIDTH}" y="${top + 5}" width="${at(x(one.median) - LABEL_WIDTH)}" height="${ROW_HEIGHT - 10}" rx="2"/>`,
    `<line x1="${at(x(one.low))}" x2="${at(x(one.high))}" y1="${middle}" y2="${middle}"/>`,
    `<text class="dim" x="${LABEL_WIDTH + BAR_WIDTH + 10}" y="${middle + 4}">${escaped(words)}</text>`,
  ].join("\n");
}

function at(value: number): string {
  return value.toFixed(1);
}
