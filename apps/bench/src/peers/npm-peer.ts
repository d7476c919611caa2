import { join } from "node:path";
import type { LibraryName } from "../npm-peers/library.ts";
import { type PeerProcess, startPeer } from "./peer-process.ts";

/**
 * Starts a Node process for a library: two ONNX Runtimes that spin in one process disturb each other.
 * @throws {EspalierError} BACKEND_UNAVAILABLE when the library can't be imported
 */
export function startNpmPeer(library: LibraryName): Promise<PeerProcess> {
  return startPeer({
    title: library,
    program: process.execPath,
    words: [join(import.meta.dirname, "..", "..", "bin", "npm-peer.js")],
    hello: { library },
  });
}
