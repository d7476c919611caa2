import type { PeerProcess } from "./peer-process.ts";
import { startPythonPeer } from "./python-peer.ts";

/** Starts the Python peer when it is first needed and again after it ended; stops it with the run. */
export interface PeerKeeper {
  /** @throws {EspalierError} BACKEND_UNAVAILABLE; the same error each time when the start failed */
  get(): Promise<PeerProcess>;
  /** Another one, for the caller to stop; it is stopped with the run too. @throws as `get` */
  fresh(): Promise<PeerProcess>;
  /** Versions of the libraries of the peer that was started, or none. */
  versions(): Readonly<Record<string, string>>;
  /** Why the peer could not start, if it was wanted and couldn't. */
  failure(): Error | undefined;
  stop(): void;
}

export function keepPeer(python: string, threads: number): PeerKeeper {
  const running = new Set<PeerProcess>();
  let current: Promise<PeerProcess> | undefined;
  let latest: PeerProcess | undefined;
  let failure: Error | undefined;
  let stopped = false;
  const start = async (): Promise<PeerProcess> => {
    if (failure !== undefined) throw failure;
    try {
      latest = await startPythonPeer(python, threads);
    } catch (error) {
      failure = error as Error;
      throw error;
    }
    running.add(latest);
    if (stopped) latest.stop();
    return latest;
  };
  return {
    async get() {
      if (current === undefined || !(await current).running) current = start();
      return current;
    },
    fresh: start,
    versions: () => latest?.versions ?? {},
    failure: () => failure,
    stop() {
      stopped = true; // one that is still starting ends as soon as it is there, or with this process
      for (const peer of running) peer.stop();
    },
  };
}
