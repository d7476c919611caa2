import { createOutput, type Output } from "@espalier/terminal";

/** This process's terminal. */
export function processOutput(): Output {
  return createOutput({
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    clock: () => performance.now(),
  });
}
