import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { EspalierError } from "@espalier/core";

/** A Python process that does the same work; one request at a time. */
export interface PythonPeer {
  readonly versions: Readonly<Record<string, string>>;
  /** False once the process has ended. */
  readonly running: boolean;
  /** @throws {EspalierError} BACKEND_FAILED with the process's own words */
  request<Answer>(op: string, parameters?: object): Promise<Answer>;
  stop(): void;
}

/**
 * Starts `apps/bench/python/peer.py`. It ends with this process at the latest: its input closes then.
 * @param python interpreter that has torch and transformers
 * @throws {EspalierError} BACKEND_UNAVAILABLE when it can't start or lacks a library
 */
export async function startPythonPeer(python: string, threads: number): Promise<PythonPeer> {
  const script = join(import.meta.dirname, "..", "..", "python", "peer.py");
  const child = spawn(python, [script], {
    env: {
      ...process.env,
      OMP_NUM_THREADS: String(threads),
      HF_HUB_OFFLINE: "1",
      TOKENIZERS_PARALLELISM: "false",
    },
  });
  const request = requests(child, python);
  try {
    const { versions } = await request<{ versions: Record<string, string> }>("hello", { threads });
    return {
      versions,
      request,
      get running() {
        return child.exitCode === null && child.signalCode === null;
      },
      stop: () => void child.kill("SIGKILL"),
    };
  } catch (cause) {
    child.kill("SIGKILL");
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EspalierError("BACKEND_UNAVAILABLE", `Python peer ${python}: ${why}`, { cause });
  }
}

function requests(child: ChildProcessWithoutNullStreams, python: string): PythonPeer["request"] {
  let settle: { resolve(line: string): void; reject(error: Error): void } | undefined;
  let lastWords = "";
  let ended: string | undefined;
  const fail = (why: string): void => {
    ended ??= why;
    const waiting = settle;
    settle = undefined;
    waiting?.reject(new EspalierError("BACKEND_FAILED", ended));
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    const waiting = settle;
    settle = undefined;
    waiting?.resolve(line);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2000);
  });
  child.on("error", ({ message }) => fail(/ENOENT/.test(message) ? "no such program" : message));
  child.on("close", (code, signal) =>
    fail(`${python} ended with ${signal ?? `code ${code}`}${lastLine(lastWords)}`),
  );
  child.stdin.on("error", () => {}); // the close handler says what happened
  return async <Answer>(op: string, parameters: object = {}) => {
    const line = await new Promise<string>((resolve, reject) => {
      settle = { resolve, reject };
      if (ended !== undefined) return fail(ended);
      child.stdin.write(`${JSON.stringify({ op, ...parameters })}\n`);
    });
    const answer = JSON.parse(line) as Answer & { error?: string };
    if (answer.error !== undefined) throw new EspalierError("BACKEND_FAILED", answer.error);
    return answer;
  };
}

function lastLine(text: string): string {
  const line = text.trim().split("\n").at(-1);
  return line ? `: ${line}` : "";
}
