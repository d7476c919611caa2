import { expect, it } from "vitest";
import { createOutput } from "./output.ts";

function screen(isTTY: boolean, environment: Record<string, string> = {}) {
  const written: string[] = [];
  let nowMs = 0;
  const stream = {
    isTTY,
    columns: 80,
    write: (text: string) => written.push(text),
  } as unknown as NodeJS.WritableStream;
  const output = createOutput({ stdout: stream, stderr: stream, environment, clock: () => nowMs });
  return {
    output,
    written,
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

it("rewrites one line on a terminal and always shows the last state", () => {
  const { output, written, wait } = screen(true);
  output.progress("1");
  wait(10);
  output.progress("2");
  wait(100);
  output.progress("3");
  output.progress("4");
  output.endProgress();
  expect(written).toEqual(["\r\x1b[2K1", "\r\x1b[2K3", "\r\x1b[2K4", "\n"]);
});

it("writes a line a minute where nothing can be rewritten", () => {
  const { output, written, wait } = screen(false);
  output.progress("1");
  wait(30_000);
  output.progress("2");
  wait(31_000);
  output.progress("3");
  output.endProgress();
  expect(written).toEqual(["1\n", "3\n"]);
});

it("says something else in place of the progress line", () => {
  const { output, written } = screen(true);
  output.progress("half");
  output.say("done");
  expect(written.join("")).toBe("\r\x1b[2Khalf\r\x1b[2Kdone\n");
});

it.each([
  [true, {}, true],
  [true, { NO_COLOR: "1" }, false],
  [true, { CI: "1" }, false],
  [false, {}, false],
  [false, { FORCE_COLOR: "1" }, true],
  [true, { TERM: "dumb" }, false],
])("colours: terminal %s, environment %j → %s", (isTTY, environment, coloured) => {
  const { output } = screen(isTTY, environment as Record<string, string>);
  expect(output.style.bold("x") !== "x").toBe(coloured);
});
