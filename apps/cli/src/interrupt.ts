import type { Output } from "@espalier/terminal";

/**
 * Ctrl-C once aborts the signal, so that the work can end in a good state; twice leaves at once.
 * @returns the signal, and how to stop listening
 */
export function interruptible(output: Output): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(130);
    output.say("stopping after this step; Ctrl-C again leaves at once");
    controller.abort();
  };
  process.on("SIGINT", listener);
  return { signal: controller.signal, release: () => void process.off("SIGINT", listener) };
}
