import { didYouMean, EspalierError } from "@espalier/core";
import type { Command } from "./command.ts";
import { commandHelp, programHelp } from "./help.ts";
import type { Output } from "./output.ts";
import { parseCommandArguments } from "./parse-arguments.ts";

export interface Program {
  readonly name: string;
  readonly version: string;
  readonly tagline: string;
  readonly commands: readonly Command[];
  readonly examples: readonly string[];
  /** The command that runs when the words name none; without it the help is shown. */
  readonly defaultCommand?: Command;
}

/** What the shell gets: 0 done, 1 a failure that was explained, 2 the command line itself was wrong. */
export type ExitCode = 0 | 1 | 2 | 130;

/**
 * Runs one command line. Errors made on purpose become one paragraph on stderr; a defect of the program itself
 * says so and how to see its stack trace (`ESPALIER_DEBUG=1`).
 */
export async function runProgram(
  program: Program,
  words: readonly string[],
  output: Output,
): Promise<ExitCode> {
  let parsing = true;
  try {
    const [verb, ...rest] = words;
    if (verb === "--version" || verb === "-v") {
      output.result(program.version);
      return 0;
    }
    const fallback = program.defaultCommand;
    if (
      verb === "help" ||
      verb === "--help" ||
      verb === "-h" ||
      (verb === undefined && !fallback)
    ) {
      const topic = program.commands.find((command) => command.name === rest[0]) ?? fallback;
      output.result(topic ? commandHelp(program.name, topic) : programHelp(program));
      return 0;
    }
    const named = program.commands.find((command) => command.name === verb);
    const command = named ?? fallback;
    if (command === undefined) {
      const names = program.commands.map((candidate) => candidate.name);
      throw new EspalierError(
        "CONFIG_INVALID",
        `there is no command "${verb}"${didYouMean(verb ?? "", names)}. Commands: ${names.join(", ")}`,
      );
    }
    const own = named ? rest : words;
    if (wantsHelp(own)) {
      output.result(commandHelp(program.name, command));
      return 0;
    }
    const parsed = parseCommandArguments(command, own);
    parsing = false;
    await command.run(parsed);
    output.endProgress();
    return 0;
  } catch (error) {
    output.endProgress();
    output.say(`${output.style.bad("error")} ${explain(error)}`);
    if (process.env.ESPALIER_DEBUG) output.say(String((error as Error)?.stack ?? error));
    if (EspalierError.isInstance(error) && error.code === "ABORTED") return 130;
    return parsing ? 2 : 1;
  }
}

function wantsHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  const own = end < 0 ? words : words.slice(0, end);
  return own.includes("--help") || own.includes("-h");
}

function explain(error: unknown): string {
  if (EspalierError.isInstance(error)) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return `${message}\nThis is a defect of the program, not of your input. ESPALIER_DEBUG=1 shows where.`;
}
