import { expect, expectTypeOf, it } from "vitest";
import { defineCommand } from "./command.ts";
import { commandHelp } from "./help.ts";
import { parseCommandArguments } from "./parse-arguments.ts";

const command = defineCommand({
  name: "train",
  summary: "trains",
  description: "Trains a model.",
  positionals: [
    { name: "DATA", description: "a file", required: true },
    { name: "MORE", description: "another file", required: false },
  ],
  options: {
    json: { kind: "flag", description: "one document" },
    out: { kind: "text", description: "where to", short: "o" },
    seed: { kind: "integer", description: "seed", default: 1, min: 0 },
    backend: { kind: "choice", description: "engine", choices: ["cpu", "wasm"], default: "cpu" },
    set: { kind: "list", description: "override" },
  },
  examples: ["espalier train reviews.csv"],
  run: async () => {},
});

it("reads positionals, options, lists and defaults, typed", () => {
  const { positionals, options } = parseCommandArguments(command, [
    "a.csv",
    "--set",
    "x=1",
    "--set=y=2",
    "-o",
    "runs",
    "--json",
  ]);
  expect(positionals).toEqual(["a.csv"]);
  expect(options).toEqual({
    json: true,
    out: "runs",
    seed: 1,
    backend: "cpu",
    set: ["x=1", "y=2"],
  });
  expectTypeOf(options.seed).toEqualTypeOf<number>();
  expectTypeOf(options.out).toEqualTypeOf<string | undefined>();
  expectTypeOf(options.backend).toEqualTypeOf<"cpu" | "wasm">();
});

it("takes - as a positional and what follows -- as it is", () => {
  expect(parseCommandArguments(command, ["-", "--", "--x"]).positionals).toEqual(["-", "--x"]);
});

it.each([
  [["a.csv", "--jsn"], 'no option --jsn (did you mean "json"?)'],
  [["a.csv", "--seed", "x"], "--seed x: expected a whole number"],
  [["a.csv", "--seed=-1"], "--seed -1: expected a whole number of at least 0"],
  [["a.csv", "--seed", "1", "--seed", "2"], "given 2 times"],
  [["a.csv", "--out"], "--out needs a value"],
  [["a.csv", "--json=yes"], 'takes no value, got "yes"'],
  [["a.csv", "--backend", "wsm"], 'expected one of cpu, wasm (did you mean "wasm"?)'],
  [[], "train needs DATA"],
  [["a", "b", "c"], '"c" is one too many'],
])("refuses %j", (words, message) => {
  expect(() => parseCommandArguments(command, words)).toThrow(message);
});

it("lists every argument and option in the help", () => {
  const help = commandHelp("espalier", command);
  expect(help).toContain("usage: espalier train DATA [MORE] [OPTIONS]");
  for (const name of Object.keys(command.options)) expect(help).toContain(`--${name}`);
  expect(help).toContain("(default 1)");
});
