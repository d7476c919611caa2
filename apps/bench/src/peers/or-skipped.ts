import { EspalierError } from "@espalier/core";
import { expectNotAborted } from "../method/interleave.ts";
import type { Skipped } from "../report/bench-report.ts";

/** Who does what. */
export interface Part {
  readonly contender: string;
  readonly work: string;
}

/**
 * Opens a contender and checks it against our results.
 * @param open throws when the contender can't take part
 * @returns what was opened, or why it is skipped: one of the lists has one entry, the other none
 * @throws {EspalierError} ABORTED when the run is stopped meanwhile
 */
export async function orSkipped<Opened>(
  part: Part,
  signal: AbortSignal,
  open: () => Promise<Opened>,
): Promise<{ opened: Opened[]; skipped: Skipped[] }> {
  try {
    return { opened: [await open()], skipped: [] };
  } catch (error) {
    expectNotAborted(signal);
    return { opened: [], skipped: [skippedFor(part, error)] };
  }
}

/** What is missing here is no failure; a contender that breaks or computes something else is one. */
export function skippedFor({ contender, work }: Part, error: unknown): Skipped {
  const failed = !(EspalierError.isInstance(error) && MISSING.includes(error.code));
  const reason = error instanceof Error ? error.message : String(error);
  return { contender, work, reason, failed };
}

const MISSING: readonly EspalierError["code"][] = ["BACKEND_UNAVAILABLE", "UNSUPPORTED"];
