import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { join } from "node:path";
import type { Machine } from "./report/bench-report.ts";

/** The machine of this process. */
export function thisMachine(): Machine {
  const processors = os.cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    logicalProcessors: processors.length,
    memoryBytes: os.totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
  };
}

const NAMED = ["@tensorflow/tfjs-core", "onnxruntime-node"];

/** Versions of this program and of what its numbers depend on. */
export function packageVersions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const read = (path: string): string =>
    (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  return {
    espalier: read(join(import.meta.dirname, "..", "package.json")),
    ...Object.fromEntries(
      NAMED.map((name) => [name, read(require.resolve(`${name}/package.json`))]),
    ),
  };
}
