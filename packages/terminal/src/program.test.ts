import { EspalierError } from "@espalier/core";
import { expect, it } from "vitest";
import { defineCommand } from "./command.ts";
import { createOutput } from "./output.ts";
import { runProgram } from "./program.ts";

async function run(words: string[]) {
  const written = { out: "", err: "" };
  const sink = (key: "out" | "err") =>
    ({ write: (text: string) => (written[key] += text) }) as unknown as NodeJS.WritableStream;
  const output = createOutput({
    stdout: sink("out"),
    stderr: sink("err"),
    environment: {},
    clock: () => 0,
  });
  const greet = defineCommand({
    name: "greet",
    summary: "greets",
    description: "Greets someone.",
    positionals: [{ name: "WHO", description: "a name", required: true }],
    options: {},
    examples: [],
    run: async ({ positionals: [who] }) => {
      if (who === "nobody")
        throw new EspalierError("DATA_INVALID", "names.csv:1: nobody is no name");
      if (who === "crash") throw new TypeError("x is undefined");
      output.result(`hello ${who}`);
    },
  });
  const program = {
    name: "tool",
    version: "1.2.3",
    tagline: "A tool.",
    commands: [greet],
    examples: ["tool greet you"],
  };
  return { code: await runProgram(program, words, output), ...written };
}

it("runs a command and keeps results on stdout", async () => {
  expect(await run(["greet", "you"])).toEqual({ code: 0, out: "hello you\n", err: "" });
});

it("shows help for the program, for a command, and the version", async () => {
  expect((await run([])).out).toContain("usage: tool COMMAND");
  expect((await run(["greet", "--help"])).out).toContain("usage: tool greet WHO");
  expect((await run(["help", "greet"])).out).toContain("usage: tool greet WHO");
  expect((await run(["--version"])).out).toBe("1.2.3\n");
});

it("explains failures in one paragraph on stderr with an exit code", async () => {
  expect(await run(["greet", "nobody"])).toEqual({
    code: 1,
    out: "",
    err: "error names.csv:1: nobody is no name\n",
  });
  const unknown = await run(["gret"]);
  expect(unknown.code).toBe(2);
  expect(unknown.err).toContain('there is no command "gret" (did you mean "greet"?)');
  const missing = await run(["greet"]);
  expect(missing.code).toBe(2);
  expect(missing.err).toContain("greet needs WHO");
  const defect = await run(["greet", "crash"]);
  expect(defect.code).toBe(1);
  expect(defect.err).toContain("defect of the program");
  expect(defect.err).not.toContain("    at ");
});
