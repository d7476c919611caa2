import { EspalierError } from "@espalier/core";
import type { PeerProcess } from "../src/peers/peer-process.ts";
import type { SuiteContext } from "../src/suites/suite.ts";
import { createModelStore } from "../src/workloads/model-store.ts";
import type { TrunkShape } from "../src/workloads/trunk-shape.ts";

/** A trunk that takes no time on any backend. */
export const tinyShape: TrunkShape = {
  name: "tiny 3×5",
  architecture: "distilbert",
  layers: 2,
  width: 8,
  heads: 2,
  feedForward: 16,
  vocabulary: 400,
  batch: 3,
  lengthTokens: 5,
};

/** What a suite gets in tests: one thread of the cpu backend, and no Python. */
export function suiteContext(temporaryDirectory: string): SuiteContext {
  const missing = (): Promise<PeerProcess> =>
    Promise.reject(new EspalierError("BACKEND_UNAVAILABLE", "no such program"));
  return {
    backend: "cpu",
    threads: 1,
    rounds: 3,
    warmup: 1,
    quick: true,
    pauseMs: 0,
    modelDirectory: undefined,
    compile: false,
    sentences: undefined,
    texts: undefined,
    models: createModelStore(temporaryDirectory),
    temporaryDirectory,
    signal: new AbortController().signal,
    python: missing,
    freshPython: missing,
    recordVersions: () => {},
    progress: () => {},
  };
}

/** A peer that answers every request with half a second and these values. */
export function peerWith(outcome: object): () => Promise<PeerProcess> {
  return async () => ({
    versions: {},
    running: true,
    request: async <Answer>() => ({ seconds: 0.5, ...outcome }) as Answer,
    stop: () => {},
  });
}
