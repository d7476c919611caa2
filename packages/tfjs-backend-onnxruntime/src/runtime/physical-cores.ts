import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * How many threads matrix products gain from: the physical cores this process may use. Two threads on one core share
 * its multipliers.
 * @returns 0, which lets ONNX Runtime count itself, where the operating system does not tell without a native call
 */
export function physicalCores(): number {
  if (process.platform === "win32") return 0;
  const allowed = availableParallelism();
  if (process.platform !== "linux") return allowed;
  try {
    const cores = new Set<string>();
    for (const block of readFileSync("/proc/cpuinfo", "utf8").split("\n\n")) {
      const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1];
      if (core === undefined) continue;
      cores.add(`${/^physical id\s*:\s*(\d+)/m.exec(block)?.[1]}:${core}`);
    }
    return cores.size > 0 ? Math.min(cores.size, allowed) : allowed;
  } catch {
    return allowed; // no /proc in this sandbox
  }
}
