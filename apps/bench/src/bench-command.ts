import os from "node:os";
import { BACKEND_NAMES } from "@espalier/backends";
import { type Command, defineCommand, type Output } from "@espalier/terminal";
import { runBench } from "./run-bench.ts";
import { DEFAULT_SUITES, SUITES } from "./suites/suites.ts";

/** The one command of the program. */
export function benchCommand(output: Output, signal: AbortSignal): Command {
  return defineCommand({
    name: "run",
    summary: "times the same work here and in its peers",
    description: [
      "Times the same work here and in its peers, in turn, and compares the results before any time.",
      "Suites:",
      ...SUITES.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`),
    ].join("\n"),
    positionals: [],
    options: {
      suite: {
        kind: "text",
        placeholder: "NAMES",
        description: "suites to run, separated by commas",
        default: DEFAULT_SUITES,
      },
      quick: { kind: "flag", description: "3 rounds instead of 9, and smaller work" },
      json: { kind: "text", placeholder: "FILE", description: "write the report as JSON" },
      html: { kind: "text", placeholder: "FILE", description: "write the report as one web page" },
      compare: {
        kind: "text",
        placeholder: "FILE",
        description: "list what changed since an earlier --json",
      },
      model: {
        kind: "text",
        placeholder: "DIR",
        description: "model directory to encode with, instead of random weights",
      },
      texts: {
        kind: "text",
        placeholder: "FILE",
        description: "texts to encode: a line each, or JSONL, CSV, TSV",
      },
      python: {
        kind: "text",
        placeholder: "PATH",
        description: "Python with torch, transformers and sentence-transformers (else: python3)",
      },
      "create-venv": {
        kind: "text",
        placeholder: "DIR",
        description:
          "make a Python environment for the peers first (torch and others from PyPI, some GB)",
      },
      compile: { kind: "flag", description: "time PyTorch under torch.compile as well" },
      sentences: {
        kind: "integer",
        placeholder: "N",
        description: "rows of finetune, of 3,000",
        min: 30,
        max: 3000,
      },
      threads: {
        kind: "integer",
        description: "threads of every contender",
        default: os.availableParallelism(),
        min: 1,
      },
      backend: {
        kind: "choice",
        description: "engine of the own work",
        choices: BACKEND_NAMES,
        default: "onnxruntime",
      },
    },
    examples: [
      "bench --quick",
      "bench --suite train-step --python .venv/bin/python --json now.json --html now.html",
      "bench --compare before.json",
    ],
    run: ({ options: { "create-venv": createVenv, ...options } }) =>
      runBench({ ...options, createVenv }, { output, signal }),
  }) as Command;
}
