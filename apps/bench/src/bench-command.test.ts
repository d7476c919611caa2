import { Writable } from "node:stream";
import { createOutput, runProgram } from "@espalier/terminal";
import { expect, it } from "vitest";
import { benchCommand } from "./bench-command.ts";

async function runWith(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: "", err: "" };
  const into = (name: "out" | "err") =>
    new Writable({
      write(chunk, _encoding, done) {
        written[name] += String(chunk);
        done();
      },
    });
  const output = createOutput({
    stdout: into("out"),
    stderr: into("err"),
    environment: {},
    clock: () => 0,
  });
  const defaultCommand = benchCommand(output, new AbortController().signal);
  const program = {
    name: "bench",
    version: "1",
    tagline: "",
    commands: [defaultCommand],
    examples: [],
    defaultCommand,
  };
  return { code: await runProgram(program, words, output), ...written };
}

it.each([
  [["--suite", "trian-step"], 1, 'did you mean "train-step"?'],
  [["--sute", "encode"], 2, 'did you mean "suite"?'],
  [["--threads", "0"], 2, "--threads 0: expected a whole number of at least 1"],
  [["--backend", "onnx"], 2, "--backend onnx: expected one of onnxruntime, "],
  [["--compare", "/no/such/file.json"], 1, "/no/such/file.json: "],
  [["--json", "/no/such/now.json"], 1, "/no/such/now.json: there is no directory /no/such"],
  [["--texts", "/no/such/texts.txt"], 1, "/no/such/texts.txt"],
  [["--sentences", "5"], 2, "--sentences 5: expected"],
  [["--model", "/no/such/model"], 1, "--model /no/such/model: no such model directory"],
])("refuses %j before anything runs", async (words, code, message) => {
  const run = await runWith(...words);
  expect(run.code).toBe(code);
  expect(run.err).toContain(message);
  expect(run.out).toBe("");
});

it("lists the suites in its help", async () => {
  const { out, code } = await runWith("--help");
  expect(code).toBe(0);
  expect(out).toMatch(/train-step\s+one training step/);
});
