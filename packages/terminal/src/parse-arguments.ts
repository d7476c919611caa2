import { parseArgs } from "node:util";
import { didYouMean, EspalierError } from "@espalier/core";
import type { Command, OptionSpec, ParsedArguments } from "./command.ts";

/**
 * Reads the words after a command's name, strictly: unknown options, missing values, values out of range and
 * surplus words are errors that name the option and both values.
 * @throws {EspalierError} CONFIG_INVALID
 */
export function parseCommandArguments<Options extends Record<string, OptionSpec>>(
  command: Command<Options>,
  words: readonly string[],
): ParsedArguments<Options> {
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      Object.entries(command.options).map(([name, spec]) => [
        name,
        {
          type: spec.kind === "flag" ? ("boolean" as const) : ("string" as const),
          ...(spec.short === undefined ? {} : { short: spec.short }),
        },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const positionals: string[] = [];
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const spec = command.options[token.name];
    if (spec === undefined) throw unknownOption(command, token.rawName);
    if (spec.kind === "flag") {
      if (token.value !== undefined)
        throw bad(`option --${token.name} takes no value, got "${token.value}"`);
      given.set(token.name, []);
      continue;
    }
    if (token.value === undefined) throw bad(`option --${token.name} needs a value`);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value]);
  }
  checkPositionals(command, positionals);
  const options: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(command.options))
    options[name] = optionValue(name, spec, given.get(name));
  return { positionals, options: options as ParsedArguments<Options>["options"] };
}

function optionValue(
  name: string,
  spec: OptionSpec,
  given: readonly string[] | undefined,
): unknown {
  if (spec.kind === "flag") return given !== undefined;
  if (spec.kind === "list") return given ?? [];
  if (given === undefined) return spec.default;
  if (given.length > 1)
    throw bad(`option --${name} is given ${given.length} times; it is taken once`);
  const text = given[0] as string;
  if (spec.kind === "text") return text;
  if (spec.kind === "choice") {
    if (spec.choices.includes(text)) return text;
    const hint = didYouMean(text, spec.choices);
    throw bad(`--${name} ${text}: expected one of ${spec.choices.join(", ")}${hint}`);
  }
  const value = Number(text);
  const wanted = spec.kind === "integer" ? "a whole number" : "a number";
  if (
    text.trim() === "" ||
    !Number.isFinite(value) ||
    (spec.kind === "integer" && !Number.isInteger(value))
  )
    throw bad(`--${name} ${text}: expected ${wanted}`);
  if (spec.min !== undefined && value < spec.min)
    throw bad(`--${name} ${text}: expected ${wanted} of at least ${spec.min}`);
  if (spec.max !== undefined && value > spec.max)
    throw bad(`--${name} ${text}: expected ${wanted} of at most ${spec.max}`);
  return value;
}

function checkPositionals(command: Command, words: readonly string[]): void {
  const missing = command.positionals[words.length];
  if (missing?.required)
    throw bad(
      `${command.name} needs ${missing.name}: ${missing.description}. See ${command.name} --help`,
    );
  const surplus = words[command.positionals.length];
  if (surplus !== undefined)
    throw bad(
      `${command.name} takes ${command.positionals.length} argument(s), got ${words.length}: "${surplus}" is one too many`,
    );
}

function unknownOption(command: Command, rawName: string): EspalierError {
  const names = Object.keys(command.options);
  return bad(
    `${command.name} has no option ${rawName}${didYouMean(rawName.replace(/^-+/, ""), names)}. It has: ${names.map((n) => `--${n}`).join(" ")}`,
  );
}

function bad(message: string): EspalierError {
  return new EspalierError("CONFIG_INVALID", message);
}
