import { readFileSync } from "node:fs";

/**
 * The largest resident set of this process so far, in bytes. On Linux not from `getrusage`, whose value begins with what
 * the program had that started this one.
 */
export function peakMemoryBytes(): number {
  const counted = process.platform === "linux" ? highWaterMark() : undefined;
  return counted ?? process.resourceUsage().maxRSS * 1024;
}

/** Undefined where there is no /proc. */
function highWaterMark(): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
