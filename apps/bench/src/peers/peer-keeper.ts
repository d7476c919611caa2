import { type PythonPeer, startPythonPeer } from "./python-peer.ts";

/** Starts the Python peer when it is first needed and again after it ended; stops it with the run. */
export interface PeerKeeper {
  /** @throws {EspalierError} BACKEND_UNAVAILABLE; the same error each time when the start failed */
  get(): Promise<PythonPeer>;
  /** Versions of the libraries of the peer that was started, or none. */
  versions(): Readonly<Record<string, string>>;
  /** Why the peer could not start, if it was wanted and couldn't. */
  failure(): Error | undefined;
  stop(): void;
}

export function keepPeer(python: string, threads: number): PeerKeeper {
  let current: Promise<PythonPeer> | undefined;
  let started: PythonPeer | undefined;
  let failure: Error | undefined;
  let stopped = false;
  return {
    async get() {
      if (failure !== undefined) throw failure;
      if (current === undefined || started?.running === false)
        current = startPythonPeer(python, threads);
      try {
        started = await current;
      } catch (error) {
        failure = error as Error;
        throw error;
      }
      if (stopped) started.stop();
      return started;
    },
    versions: () => started?.versions ?? {},
    failure: () => failure,
    stop() {
      stopped = true;
      // While it is still starting, it ends as soon as it is there, or with this process.
      started?.stop();
    },
  };
}
