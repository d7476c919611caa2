import os from "node:os";
import { EspalierError } from "@espalier/core";
import type { LibraryName, PipelineOptions } from "../npm-peers/library.ts";
import type { SuiteContext } from "../suites/suite.ts";
import type { EncodeSetting, OpenedPeer } from "./encode-peer.ts";
import { startNpmPeer } from "./npm-peer.ts";

/**
 * Starts a library's process and loads the model in it.
 * @throws {EspalierError} UNSUPPORTED for threads that it can't be told; BACKEND_UNAVAILABLE; BACKEND_FAILED
 */
export async function openNpmPeer(
  { library, settings }: { library: LibraryName; settings: readonly EncodeSetting[] },
  options: PipelineOptions,
  context: SuiteContext,
): Promise<OpenedPeer> {
  expectThreads(library, context.threads);
  const peer = await startNpmPeer(library);
  context.recordVersions(peer.versions);
  context.signal.addEventListener("abort", () => peer.stop(), { once: true });
  try {
    await peer.request("load", options);
  } catch (error) {
    peer.stop();
    throw error;
  }
  return {
    settings,
    encode: ({ texts, oneAtATime }, { batchSize, sorted }) =>
      peer.request(
        "encode",
        oneAtATime ? { texts, batchSize: 1, sorted: false } : { texts, batchSize, sorted },
      ),
    close: () => peer.stop(),
  };
}

function expectThreads(library: LibraryName, threads: number): void {
  const processors = os.availableParallelism();
  if (library === "@xenova/transformers" && threads !== processors)
    throw new EspalierError(
      "UNSUPPORTED",
      `takes all ${processors} processors and can't be told to use ${threads} threads`,
    );
}
