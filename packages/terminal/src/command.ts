/** How one option is written and read. */
export type OptionSpec = {
  readonly description: string;
  /** Shown after the option's name in the help, e.g. `DIR`. */
  readonly placeholder?: string;
  readonly short?: string;
} & (
  | { readonly kind: "flag" }
  | { readonly kind: "text"; readonly default?: string }
  | { readonly kind: "list" }
  | { readonly kind: "choice"; readonly choices: readonly string[]; readonly default?: string }
  | {
      readonly kind: "number";
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
    }
  | {
      readonly kind: "integer";
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
    }
);

export interface PositionalSpec {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

/** The value an option has after parsing: its default when it was not given. */
type OptionValue<O extends OptionSpec> = O extends { kind: "flag" }
  ? boolean
  : O extends { kind: "list" }
    ? readonly string[]
    : O extends { kind: "number" | "integer" }
      ? O extends { default: number }
        ? number
        : number | undefined
      : O extends { kind: "choice"; choices: readonly (infer Choice)[] }
        ? O extends { default: string }
          ? Choice
          : Choice | undefined
        : O extends { default: string }
          ? string
          : string | undefined;

export interface ParsedArguments<Options extends Record<string, OptionSpec>> {
  readonly positionals: readonly string[];
  readonly options: { readonly [Name in keyof Options]: OptionValue<Options[Name]> };
}

/** One verb of a command-line program: what it takes, how its help reads, what it does. */
export interface Command<Options extends Record<string, OptionSpec> = Record<string, OptionSpec>> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** A paragraph for the command's own help. */
  readonly description: string;
  readonly positionals: readonly PositionalSpec[];
  readonly options: Options;
  readonly examples: readonly string[];
  run(args: ParsedArguments<Options>): Promise<void>;
}

/** Keeps the option types of a command literal. */
export function defineCommand<const Options extends Record<string, OptionSpec>>(
  command: Command<Options>,
): Command<Options> {
  return command;
}
