import type { WriteStream } from "node:tty";

/** Where a program writes, and what that place can show. */
export interface Output {
  /** For results only: what a pipe or `--json` reads. */
  result(text: string): void;
  /** Everything said on the way; goes to stderr, in place of a live progress line. */
  say(text?: string): void;
  /** Rewrites the last line on a terminal; elsewhere a line a minute, and always the last one. */
  progress(line: string): void;
  /** Ends the progress line and keeps it on the screen. */
  endProgress(): void;
  readonly style: Style;
  /** True when results go to a person, not to a pipe. */
  readonly resultsOnTerminal: boolean;
  readonly columns: number;
}

/** Turns meaning into looks; the identity where colours are not wanted. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  accent(text: string): string;
  /** Unicode blocks, or ASCII on a dumb terminal. */
  readonly unicode: boolean;
}

export interface OutputOptions {
  readonly stdout: NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY" | "columns">>;
  readonly stderr: NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY" | "columns">>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

const MINUTE_MS = 60_000;
const REDRAW_MS = 80;

/** @param options streams, environment (`NO_COLOR`, `FORCE_COLOR`, `TERM`, `CI`) and clock */
export function createOutput(options: OutputOptions): Output {
  const { stdout, stderr, environment, clock } = options;
  const live = stderr.isTTY === true && !environment.CI && environment.TERM !== "dumb";
  const style = createStyle(live, environment);
  const columns = stderr.columns ?? stdout.columns ?? 100;
  let shown = false;
  let lastDrawMs = Number.NEGATIVE_INFINITY;
  let latest: string | undefined;
  const output: Output = {
    style,
    columns,
    resultsOnTerminal: stdout.isTTY === true,
    result: (text) => void stdout.write(`${text}\n`),
    say(text = "") {
      if (live) {
        if (shown) stderr.write("\r\x1b[2K"); // what follows says more than the live line did
        shown = false;
        latest = undefined;
        lastDrawMs = Number.NEGATIVE_INFINITY;
      } else output.endProgress();
      stderr.write(`${text}\n`);
    },
    progress(line) {
      latest = line;
      const now = clock();
      if (now - lastDrawMs < (live ? REDRAW_MS : MINUTE_MS)) return;
      lastDrawMs = now;
      latest = undefined;
      if (live) stderr.write(`\r\x1b[2K${line}`);
      else stderr.write(`${line}\n`);
      shown = live;
    },
    endProgress() {
      if (latest !== undefined) stderr.write(live ? `\r\x1b[2K${latest}` : `${latest}\n`);
      if (shown || (live && latest !== undefined)) stderr.write("\n");
      latest = undefined;
      shown = false;
      lastDrawMs = Number.NEGATIVE_INFINITY;
    },
  };
  return output;
}

function createStyle(live: boolean, environment: OutputOptions["environment"]): Style {
  const forced = environment.FORCE_COLOR !== undefined && environment.FORCE_COLOR !== "0";
  const colour = !environment.NO_COLOR && (live || forced);
  const paint = (code: number) => (text: string) =>
    colour ? `\x1b[${code}m${text}\x1b[${code < 10 ? 22 : 39}m` : text;
  return {
    bold: paint(1),
    dim: paint(2),
    good: paint(32),
    bad: paint(31),
    accent: paint(36),
    unicode: environment.TERM !== "dumb",
  };
}
