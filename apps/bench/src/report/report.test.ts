import { expect, it } from "vitest";
import type { BenchReport, SuiteResult } from "./bench-report.ts";
import { compareReports } from "./compare.ts";
import { limitOf, measurement } from "./measurement.ts";
import { parseReport } from "./read-report.ts";
import { renderChanges } from "./render-changes.ts";
import { renderHtml } from "./render-html.ts";
import { renderTable } from "./render-table.ts";

function report(ownSeconds: readonly number[]): BenchReport {
  return {
    schema: 1,
    date: "2026-01-02T03:04:05.000Z",
    quick: false,
    rounds: 3,
    threads: 2,
    backend: "onnxruntime",
    machine: {
      processor: "Fast <One>",
      logicalProcessors: 2,
      memoryBytes: 8e9,
      platform: "linux x64",
      node: "20.20.0",
    },
    busyShare: 0.02,
    versions: { espalier: "0.1.0", torch: "2.9.0" },
    suites: [
      {
        suite: "train-step",
        seconds: 12,
        measurements: [
          measurement({
            work: "tiny full step",
            quantity: "seconds",
            values: new Map([
              ["espalier", ownSeconds],
              ["PyTorch", [0.2, 0.22, 0.21]],
              ["Other", [0.1, 0.11, 0.09]],
            ]),
            items: { count: 16, unit: "sentences" },
            limit: limitOf(8e9, [1e11, 2e11, 1e11]),
          }),
        ],
        skipped: [{ contender: "Third", work: "tiny", reason: "not here", failed: false }],
      },
    ],
  };
}

const now = report([0.1, 0.1, 0.1]);

it("takes the limit from the needed operations and the median speed", () => {
  expect(limitOf(8e9, [1e11, 2e11, 1e11])).toEqual({
    flops: 8e9,
    flopsPerSecond: 1e11,
    seconds: 0.08,
  });
  expect(now.suites[0]?.measurements[0]?.series[0]?.shareOfLimit).toBeCloseTo(0.8);
});

it("shows accuracy, the rounds of a measurement and that one round has no interval", () => {
  const one = measurement({
    work: "job",
    quantity: "seconds",
    values: new Map([
      ["espalier", [2]],
      ["Trainer", [4]],
    ]),
    scores: new Map([["espalier", { domain: 0.9, sentiment: 0.75 }]]),
  });
  const changed = { ...now, suites: [{ suite: "finetune", measurements: [one], skipped: [] }] };
  const text = renderTable(changed).join("\n");
  expect(text).toContain("domain 0.900, sentiment 0.750");
  expect(text).toMatch(/job +espalier +1 +2,000 ms +domain/);
  expect(text).toContain("2.00 × (no interval)");
  expect(renderHtml(changed)).toContain("job <small>1 round</small>");
  expect(renderHtml(changed)).toContain("domain 0.900, sentiment 0.750");
  expect(parseReport(JSON.stringify(changed), "x")).toEqual(changed);
});

it("shows medians, rates, shares of the limit, and a ratio only where it is clear", () => {
  const lines = renderTable(now).map((line) => line.replaceAll(/\s+/g, " ").trim());
  expect(lines).toContain("tiny full step espalier 3 100 ms ± 0.0 % 160 sentences/s 80 %");
  expect(lines).toContain("PyTorch 210 ms ± 4.8 % 76.2 sentences/s 38 % 2.10 × (2.00 … 2.20)");
  expect(lines).toContain("Other 100 ms ± 10.0 % 160 sentences/s 80 % no clear difference");
  expect(lines).toContain("limit 80.0 ms needed products at 100 GFLOP/s");
  expect(lines).toContain("skipped Third, tiny: not here");
});

it("shortens large rates", () => {
  const steps = measurement({
    work: "AdamW",
    quantity: "seconds",
    values: new Map([["espalier", [0.1]]]),
    items: { count: 66_400_000, unit: "parameters" },
  });
  const suites = [{ suite: "optimizer", measurements: [steps], skipped: [] }];
  expect(renderTable({ ...now, suites }).join("\n")).toContain("664 M parameters/s");
});

it("says when others used the machine", () => {
  const busy = { ...now, busyShare: 0.4 };
  const warning = "other programs used 40 % of the processors: no time is trustworthy";
  expect(renderTable(busy).join("\n")).toContain(warning);
  expect(renderHtml(busy)).toContain(warning);
  expect(renderTable(now).join("\n")).not.toContain("other programs");
});

it("aligns its columns", () => {
  const rows = renderTable(now).filter((line) => / ms /.test(line));
  const ends = new Set(rows.map((line) => line.indexOf(" ms")));
  expect(ends.size).toBe(1);
});

it("makes one page without anything from elsewhere, with text escaped", () => {
  const page = renderHtml(now);
  expect(page).toContain("Fast &lt;One&gt;");
  expect(page).not.toMatch(/<script|<link|src=|url\(/);
  expect(page).toContain("prefers-color-scheme: dark");
  expect(page.match(/<rect /g)).toHaveLength(3);
  expect(page).toContain("2.10 × (2.00 … 2.20)");
});

it("reads back what it wrote, and names the field of a file that is no report", () => {
  expect(parseReport(JSON.stringify(now), "now.json")).toEqual(now);
  expect(() => parseReport("{", "now.json")).toThrow("now.json: no valid JSON");
  expect(() => parseReport(JSON.stringify({ ...now, threads: "two" }), "now.json")).toThrow(
    "now.json: threads:",
  );
});

it("calls worse or better only what lies beyond both intervals", () => {
  const slower = compareReports(now, report([0.12, 0.13, 0.12]));
  expect(slower.regressions).toMatchObject([{ work: "tiny full step", before: 0.1, after: 0.12 }]);
  expect(slower.improvements).toEqual([]);
  const noisy = compareReports(now, report([0.09, 0.12, 0.13]));
  expect(noisy).toEqual({ regressions: [], improvements: [], compared: 1, single: 0 });
  expect(compareReports(report([0.2, 0.2, 0.2]), now).improvements).toHaveLength(1);
});

it("claims nothing of a single round", () => {
  const single = measurement({
    work: "tiny full step",
    quantity: "seconds",
    values: new Map([["espalier", [0.3]]]),
  });
  const suites = [{ suite: "train-step", measurements: [single], skipped: [] }];
  expect(renderChanges(now, { ...now, suites })).toEqual([
    "  against 2026-01-02: 1 compared · 0 worse · 0 better, beyond both intervals",
    "  1 of them with a single round, of which nothing is claimed",
  ]);
});

it("reads reports from before suites had seconds and skips a verdict", () => {
  const { seconds: _, ...suite } = now.suites[0] as SuiteResult;
  const skipped = [{ contender: "Third", work: "tiny", reason: "not here" }];
  const old = JSON.stringify({ ...now, suites: [{ ...suite, skipped }] });
  expect(parseReport(old, "x").suites[0]?.skipped[0]?.failed).toBe(false);
});

it("warns when reports of two machines are compared", () => {
  const other = { ...now, machine: { ...now.machine, processor: "Slow Two" } };
  expect(renderChanges(other, report([0.2, 0.2, 0.2]))).toEqual([
    "  against 2026-01-02: 1 compared · 1 worse · 0 better, beyond both intervals",
    "  worse   train-step  tiny full step: 100 ms → 200 ms (2.00 ×)",
    "  careful: the processor was another one: Slow Two, now Fast <One>",
  ]);
});
