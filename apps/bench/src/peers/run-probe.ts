import { execFile } from "node:child_process";
import { join } from "node:path";
import { EspalierError } from "@espalier/core";
import type { ProbeAnswer, ProbeRequest } from "../probe.ts";

/**
 * Does a task in a fresh Node process.
 * @throws {EspalierError} BACKEND_FAILED with the process's last words
 */
export function runProbe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeAnswer> {
  const script = join(import.meta.dirname, "..", "..", "bin", "probe.js");
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [script, JSON.stringify(request)],
      { signal, killSignal: "SIGKILL" },
      (error, stdout, stderr) => {
        if (error === null) return resolve(JSON.parse(stdout) as ProbeAnswer);
        const words = stderr.trim().split("\n").at(-1) || error.message;
        reject(new EspalierError("BACKEND_FAILED", `own process: ${words}`, { cause: error }));
      },
    );
  });
}
