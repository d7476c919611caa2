import { readFile } from "node:fs/promises";
import { EspalierError } from "@espalier/core";
import { z } from "zod";
import type { BenchReport } from "./bench-report.ts";

const series = z.object({
  contender: z.string(),
  values: z.array(z.number()),
  median: z.number(),
  low: z.number(),
  high: z.number(),
  spread: z.number(),
  scores: z.record(z.string(), z.number()).optional(),
  shareOfLimit: z.number().optional(),
});

const measurement = z.object({
  work: z.string(),
  quantity: z.enum(["seconds", "bytes"]),
  curve: z.object({ variable: z.string(), value: z.number() }).optional(),
  items: z.object({ count: z.number(), unit: z.string() }).optional(),
  series: z.array(series).min(1),
  comparisons: z.array(
    z.object({
      contender: z.string(),
      ratio: z.number(),
      low: z.number(),
      high: z.number(),
      clear: z.boolean(),
    }),
  ),
  limit: z
    .object({ flops: z.number(), flopsPerSecond: z.number(), seconds: z.number() })
    .optional(),
});

const schema = z.object({
  schema: z.literal(1),
  date: z.string(),
  quick: z.boolean(),
  rounds: z.number(),
  threads: z.number(),
  backend: z.string(),
  machine: z.object({
    processor: z.string(),
    logicalProcessors: z.number(),
    memoryBytes: z.number(),
    platform: z.string(),
    node: z.string(),
  }),
  busyShare: z.number(),
  versions: z.record(z.string(), z.string()),
  suites: z.array(
    z.object({
      suite: z.string(),
      seconds: z.number().optional(),
      measurements: z.array(measurement),
      skipped: z.array(
        z.object({
          contender: z.string(),
          work: z.string(),
          reason: z.string(),
          failed: z.boolean().default(false),
        }),
      ),
    }),
  ),
});

/**
 * Reads a report that `--json` wrote.
 * @throws {EspalierError} FILE_NOT_FOUND; FILE_INVALID naming the field
 */
export async function readReport(path: string): Promise<BenchReport> {
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new EspalierError("FILE_NOT_FOUND", `${path}: ${(cause as Error).message}`, { cause });
  });
  return parseReport(text, path);
}

/** As `readReport`, from its text. @param place names it in messages */
export function parseReport(text: string, place: string): BenchReport {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new EspalierError(
      "FILE_INVALID",
      `${place}: no valid JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data as BenchReport;
  const [issue] = parsed.error.issues;
  throw new EspalierError(
    "FILE_INVALID",
    `${place}: ${issue?.path.join(".") || "content"}: ${issue?.message}; expected a report that bench --json wrote`,
  );
}
