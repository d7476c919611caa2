import { createOutput, runProgram } from "@espalier/terminal";
import { benchCommand } from "./bench-command.ts";
import { packageVersions } from "./machine.ts";

/** Runs the program and sets the exit code. @param words the command line after the program's name */
export async function run(words: readonly string[]): Promise<void> {
  const output = createOutput({
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    clock: () => performance.now(),
  });
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const command = benchCommand(output, controller.signal);
  process.exitCode = await runProgram(
    {
      name: "bench",
      version: packageVersions().espalier ?? "",
      tagline: "The same work here and in its peers.",
      commands: [command],
      defaultCommand: command,
      examples: command.examples,
    },
    words,
    output,
  );
}
