import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { EspalierError } from "@espalier/core";

/** A process that does the same work: a line of JSON each way, and answers in the order of the requests. */
export interface PeerProcess {
  readonly versions: Readonly<Record<string, string>>;
  /** False once the process has ended. */
  readonly running: boolean;
  /** @throws {EspalierError} BACKEND_FAILED with the process's own words, BACKEND_UNAVAILABLE when it lacks a library */
  request<Answer>(op: string, parameters?: object): Promise<Answer>;
  stop(): void;
}

export interface PeerCommand {
  /** How messages name it. */
  readonly title: string;
  readonly program: string;
  readonly words: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Parameters of its first request, `hello`, which it answers with its versions. */
  readonly hello: object;
}

/**
 * Starts a peer. It ends with this process at the latest: its input closes then.
 * @throws {EspalierError} BACKEND_UNAVAILABLE when it can't start or lacks a library
 */
export async function startPeer(command: PeerCommand): Promise<PeerProcess> {
  const { title, program, words, environment, hello } = command;
  const child = spawn(program, words, { env: { ...process.env, ...environment } });
  const request = requests(child, program);
  try {
    const { versions } = await request<{ versions: Record<string, string> }>("hello", hello);
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
    throw new EspalierError("BACKEND_UNAVAILABLE", `${title}: ${why}`, { cause });
  }
}

function requests(child: ChildProcessWithoutNullStreams, program: string): PeerProcess["request"] {
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  let lastWords = "";
  let ended: string | undefined;
  const fail = (why: string): void => {
    ended ??= why;
    for (const { reject } of waiting.splice(0)) reject(new EspalierError("BACKEND_FAILED", ended));
  };
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(line));
  child.stderr.on("data", (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2000);
  });
  child.on("error", ({ message }) => fail(/ENOENT/.test(message) ? "no such program" : message));
  child.on("close", (code, signal) =>
    fail(`${program} ended with ${signal ?? `code ${code}`}${lastLine(lastWords)}`),
  );
  child.stdin.on("error", () => {}); // the close handler says what happened
  return async <Answer>(op: string, parameters: object = {}) => {
    const line = await new Promise<string>((resolve, reject) => {
      waiting.push({ resolve, reject });
      if (ended !== undefined) return fail(ended);
      child.stdin.write(`${JSON.stringify({ op, ...parameters })}\n`);
    });
    const answer = JSON.parse(line) as Answer & { error?: string };
    const error = answer.error?.trim().split("\n")[0]; // torch.compile says more below
    if (error !== undefined)
      throw new EspalierError(
        NOT_INSTALLED.test(error) ? "BACKEND_UNAVAILABLE" : "BACKEND_FAILED",
        error,
      );
    return answer;
  };
}

/** How Python says that a library is not there. */
const NOT_INSTALLED = /^(ModuleNotFoundError|ImportError): /;

function lastLine(text: string): string {
  const line = text.trim().split("\n").at(-1);
  return line ? `: ${line}` : "";
}
