import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keepPeer } from "./peer-keeper.ts";
import { startPythonPeer } from "./python-peer.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bench-peer-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A program in the place of Python that treats each line as `body` says. */
async function program(body: string): Promise<string> {
  const path = join(directory, "python");
  await writeFile(
    path,
    `#!${process.execPath}
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  const answer = (value) => process.stdout.write(JSON.stringify(value) + "\\n");
  if (request.op === "hello") return answer({ versions: { torch: "9" } });
  ${body}
});
`,
  );
  await chmod(path, 0o755);
  return path;
}

it("says when there is no such interpreter", async () => {
  await expect(startPythonPeer("/no/such/python", 1)).rejects.toMatchObject({
    code: "BACKEND_UNAVAILABLE",
    message: "Python peer /no/such/python: no such program",
  });
});

it("answers requests and passes on the peer's errors", async () => {
  const peer = await startPythonPeer(
    await program(
      `answer(
        request.op === "fail" ? { error: "ValueError: no\\n\\nSet VERBOSE=1" }
        : request.op === "import" ? { error: "ModuleNotFoundError: No module named 'peft'" }
        : { twice: request.n * 2 });`,
    ),
    1,
  );
  expect(peer.versions).toEqual({ torch: "9" });
  expect(await peer.request("double", { n: 4 })).toEqual({ twice: 8 });
  const both = [peer.request("double", { n: 1 }), peer.request("double", { n: 2 })];
  expect(await Promise.all(both)).toEqual([{ twice: 2 }, { twice: 4 }]);
  await expect(peer.request("fail")).rejects.toMatchObject({
    code: "BACKEND_FAILED",
    message: "ValueError: no",
  });
  await expect(peer.request("import")).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
  expect(peer.running).toBe(true);
  peer.stop();
});

it("says with what words a peer ended, and a keeper starts another", async () => {
  const python = await program(
    `process.stderr.write("Killed: no memory\\n", () => process.exit(3));`,
  );
  const keeper = keepPeer(python, 1);
  const first = await keeper.get();
  expect(await keeper.get()).toBe(first);
  await expect(first.request("load")).rejects.toThrow("ended with code 3: Killed: no memory");
  expect(first.running).toBe(false);
  const second = await keeper.get();
  expect(second).not.toBe(first);
  keeper.stop();
  await expect(second.request("load")).rejects.toThrow("ended with SIGKILL");
});
