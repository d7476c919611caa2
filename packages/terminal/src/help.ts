import type { Command, OptionSpec } from "./command.ts";

const INDENT = "  ";

/** The program's own help: what it is, its verbs, a first thing to try. */
export function programHelp(program: {
  name: string;
  tagline: string;
  commands: readonly Command[];
  examples: readonly string[];
}): string {
  return [
    program.tagline,
    "",
    `usage: ${program.name} COMMAND [ARGUMENTS] [OPTIONS]`,
    "",
    "commands",
    ...columns(program.commands.map((command) => [command.name, command.summary])),
    "",
    "try",
    ...program.examples.map((example) => `${INDENT}${example}`),
    "",
    `${program.name} COMMAND --help tells more about one command.`,
  ].join("\n");
}

/** One command's help. */
export function commandHelp(program: string, command: Command): string {
  const words = command.positionals.map((p) => (p.required ? p.name : `[${p.name}]`));
  const sections = [
    `usage: ${[program, command.name, ...words, "[OPTIONS]"].join(" ")}`,
    "",
    command.description,
  ];
  if (command.positionals.length > 0)
    sections.push(
      "",
      "arguments",
      ...columns(command.positionals.map((p) => [p.name, p.description])),
    );
  sections.push("", "options", ...columns(Object.entries(command.options).map(optionRow)));
  if (command.examples.length > 0)
    sections.push("", "examples", ...command.examples.map((example) => `${INDENT}${example}`));
  return sections.join("\n");
}

function optionRow([name, spec]: [string, OptionSpec]): [string, string] {
  const short = spec.short === undefined ? "" : `-${spec.short}, `;
  const value = spec.kind === "flag" ? "" : ` ${spec.placeholder ?? placeholder(spec)}`;
  const fallback =
    "default" in spec && spec.default !== undefined ? ` (default ${spec.default})` : "";
  return [`${short}--${name}${value}`, `${spec.description}${fallback}`];
}

function placeholder(spec: OptionSpec): string {
  if (spec.kind === "choice") return spec.choices.join("|");
  return spec.kind === "number" || spec.kind === "integer" ? "N" : "TEXT";
}

function columns(rows: ReadonlyArray<readonly [string, string]>): string[] {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) =>
    left.length > width
      ? `${INDENT}${left}\n${INDENT}${" ".repeat(width + 2)}${right}`
      : `${INDENT}${left.padEnd(width + 2)}${right}`,
  );
}
