export { bar } from "./bar.ts";
export {
  type Command,
  defineCommand,
  type OptionSpec,
  type ParsedArguments,
  type PositionalSpec,
} from "./command.ts";
export { createOutput, type Output, type OutputOptions, type Style } from "./output.ts";
export { parseCommandArguments } from "./parse-arguments.ts";
export { type ExitCode, type Program, runProgram } from "./program.ts";
export { bytes, clockTime, count, duration, magnitude } from "./quantity.ts";
export { type Column, table } from "./table.ts";
