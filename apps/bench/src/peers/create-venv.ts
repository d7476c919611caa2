import { spawn } from "node:child_process";
import { access, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
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
 * Makes a virtual environment with the libraries of the peers, some gigabytes from PyPI. One that can't be completed is
 * removed again.
 * @returns its interpreter
 * @throws {EspalierError} CONFIG_INVALID when the directory exists, FILE_NOT_FOUND when the one around it does not,
 *   BACKEND_UNAVAILABLE with Python's or pip's last words, ABORTED
 */
export async function createVenv(
  directory: string,
  { python, signal, progress }: CreateVenvOptions,
): Promise<string> {
  await expectRoom(directory);
  const interpreter = venvPython(directory);
  const run = (program: string, words: readonly string[]): Promise<void> =>
    runProgram(program, words, { signal, progress });
  try {
    await run(python, ["-m", "venv", directory]);
    await run(interpreter, ["-m", "pip", "install", "--progress-bar", "off", ...PYTHON_PACKAGES]);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  return interpreter;
}

async function expectRoom(directory: string): Promise<void> {
  const around = dirname(resolve(directory));
  if (!(await exists(around)))
    throw new EspalierError(
      "FILE_NOT_FOUND",
      `--create-venv ${directory}: there is no directory ${around}`,
    );
  if (!(await exists(directory))) return;
  const interpreter = venvPython(directory);
  const use = (await exists(interpreter)) ? `; to use it: --python ${interpreter}` : "";
  throw new EspalierError("CONFIG_INVALID", `--create-venv ${directory}: exists already${use}`);
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
    let unreachable = "";
    const listen = (chunk: Buffer): void => {
      for (const line of chunk
        .toString()
        .split("\n")
        .map((text) => text.trim())) {
        if (line === "") continue;
        last = line;
        if (UNREACHABLE.test(line)) unreachable = "; the package index was not reachable";
        progress(line);
      }
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    const fail = (why: string, cause?: unknown): void =>
      reject(
        signal.aborted
          ? new EspalierError("ABORTED", "stopped; the environment was removed", { cause })
          : new EspalierError(
              "BACKEND_UNAVAILABLE",
              `${program} ${words.join(" ")}: ${why}${unreachable}`,
              { cause },
            ),
      );
    let failure: Error | undefined;
    child.on("error", (error) => {
      failure = error;
      if (child.pid === undefined)
        // it did not start, so it does not close
        fail(/ENOENT/.test(error.message) ? "no such program" : error.message, error);
    });
    child.on("close", (code) =>
      code === 0 && failure === undefined
        ? resolve()
        : fail(last || `ended with code ${code}`, failure),
    );
  });
}

/** What pip says when it tries again; its last words are that there is no such package. */
const UNREACHABLE = /Retrying|Connection|timed out|Temporary failure in name resolution/;
