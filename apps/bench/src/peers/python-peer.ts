import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { EspalierError } from "@espalier/core";

/** A Python process that does the same work; one request at a time. */
export interface PythonPeer {
  readonly versions: Readonly<Record<string, string>>;
  /** @throws {EspalierError} BACKEND_FAILED with the process's own words */
  request<Answer>(op: string, parameters?: object): Promise<Answer>;
  stop(): void;
}

/**
 * Starts `apps/bench/python/peer.py`.
 * @param python path of an interpreter that has torch and transformers
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
    return { versions, request, stop: () => void child.kill() };
  } catch (cause) {
    child.kill();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EspalierError("BACKEND_UNAVAILABLE", `Python peer ${python}: ${why}`, { cause });
  }
}

function requests(child: ChildProcessWithoutNullStreams, python: string): PythonPeer["request"] {
  let settle: { resolve(line: string): void; reject(error: Error): void } | undefined;
  let lastWords = "";
  const fail = (why: string) => {
    const waiting = settle;
    settle = undefined;
    waiting?.reject(new EspalierError("BACKEND_FAILED", why));
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    const waiting = settle;
    settle = undefined;
    waiting?.resolve(line);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2000);
  });
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code) =>
    fail(`${python} ended with code ${code}: ${lastWords.trim().split("\n").at(-1)}`),
  );
  child.stdin.on("error", () => {}); // the exit handler says what happened
  return async <Answer>(op: string, parameters: object = {}) => {
    const line = await new Promise<string>((resolve, reject) => {
      settle = { resolve, reject };
      if (child.exitCode !== null) return fail(`${python} is not running`);
      child.stdin.write(`${JSON.stringify({ op, ...parameters })}\n`);
    });
    const answer = JSON.parse(line) as Answer & { error?: string };
    if (answer.error !== undefined) throw new EspalierError("BACKEND_FAILED", answer.error);
    return answer;
  };
}
