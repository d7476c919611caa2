import { join } from "node:path";
import { type PeerProcess, startPeer } from "./peer-process.ts";

/**
 * Starts `apps/bench/python/peer.py`.
 * @param python interpreter that has torch and transformers
 * @throws {EspalierError} BACKEND_UNAVAILABLE when it can't start or lacks a library
 */
export function startPythonPeer(python: string, threads: number): Promise<PeerProcess> {
  return startPeer({
    title: `Python peer ${python}`,
    program: python,
    words: [join(import.meta.dirname, "..", "..", "python", "peer.py")],
    environment: {
      OMP_NUM_THREADS: String(threads),
      HF_HUB_OFFLINE: "1",
      TOKENIZERS_PARALLELISM: "false",
    },
    hello: { threads },
  });
}
