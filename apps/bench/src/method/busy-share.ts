import os from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/** From here on other programs disturb the times of all contenders, and not equally. */
export const BUSY_SHARE = 0.1;

const WINDOWS = 3;

/**
 * How much of the processors others use, in `[0, 1]`: measured while this program rests. The least of three windows
 * counts: what passes, as a peer that gives memory back, disturbs nothing.
 * @param overMs how long each window is
 */
export async function busyShare(overMs: number): Promise<number> {
  let least: number | undefined;
  for (let window = 0; window < WINDOWS; window++) {
    const before = processorTimes();
    await pause(overMs);
    const after = processorTimes();
    const total = after.total - before.total;
    if (total > 0) least = Math.min(least ?? 1, (after.busy - before.busy) / total);
  }
  return least ?? 0;
}

/** Milliseconds since the machine started, summed over its processors. */
function processorTimes(): { busy: number; total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of os.cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    total += all;
    busy += all - times.idle;
  }
  return { busy, total };
}
