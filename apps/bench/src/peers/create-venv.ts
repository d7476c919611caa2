import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { EspalierError } from "@espalier/core";

/** What the Python peers need. */
export const PYTHON_PACKAGES = [
  "torch",
  "transformers",
  "sentence-transformers",
  "onnxruntime",
  "accelerate",
] as const;

export interface CreateVenvOptions {
  /** Interpreter that makes the environment. */
  readonly python: string;
  readonly signal: AbortSignal;
  /** What goes on: a line of pip. */
  readonly progress: (line: string) => void;
}

/**
 * Makes a virtual environment with the libraries of the peers, some gigabytes from PyPI.
 * @returns its interpreter
 * @throws {EspalierError} CONFIG_INVALID when the directory exists, BACKEND_UNAVAILABLE with Python's or pip's last words
 */
export async function createVenv(
  directory: string,
  { python, signal, progress }: CreateVenvOptions,
): Promise<string> {
  if (await exists(directory))
    throw new EspalierError(
      "CONFIG_INVALID",
      `--create-venv ${directory}: exists already; to use it: --python ${venvPython(directory)}`,
    );
  const run = (program: string, words: readonly string[]): Promise<void> =>
    runProgram(program, words, { signal, progress });
  await run(python, ["-m", "venv", directory]);
  const interpreter = venvPython(directory);
  await run(interpreter, ["-m", "pip", "install", "--progress-bar", "off", ...PYTHON_PACKAGES]);
  return interpreter;
}

function venvPython(directory: string): string {
  return process.platform === "win32"
    ? join(directory, "Scripts", "python.exe")
    : join(directory, "bin", "python");
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function runProgram(
  program: string,
  words: readonly string[],
  { signal, progress }: Pick<CreateVenvOptions, "signal" | "progress">,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { signal, stdio: ["ignore", "pipe", "pipe"] });
    let last = "";
    const listen = (chunk: Buffer): void => {
      const line = chunk.toString().trim().split("\n").at(-1);
      if (!line) return;
      last = line;
      progress(line);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    const fail = (why: string, cause?: unknown): void =>
      reject(
        signal.aborted
          ? new EspalierError("ABORTED", "stopped; the environment is incomplete", { cause })
          : new EspalierError("BACKEND_UNAVAILABLE", `${program} ${words.join(" ")}: ${why}`, {
              cause,
            }),
      );
    child.on("error", (error) =>
      fail(/ENOENT/.test(error.message) ? "no such program" : error.message, error),
    );
    child.on("close", (code) => (code === 0 ? resolve() : fail(last || `ended with code ${code}`)));
  });
}
