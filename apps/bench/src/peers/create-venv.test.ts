import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createVenv } from "./create-venv.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bench-venv-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const { signal } = new AbortController();

it("makes an environment and installs what the peers need", async () => {
  const python = join(directory, "python");
  await writeFile(
    python,
    `#!/bin/sh
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$@" >> ${directory}/pip.log; echo Collecting torch\\n' > "$3/bin/python"
chmod +x "$3/bin/python"
`,
  );
  await chmod(python, 0o755);
  const lines: string[] = [];
  const venv = join(directory, "venv");
  const progress = (line: string): void => void lines.push(line);
  expect(await createVenv(venv, { python, signal, progress })).toBe(join(venv, "bin", "python"));
  expect(await readFile(join(directory, "pip.log"), "utf8")).toBe(
    "-m pip install --progress-bar off torch transformers sentence-transformers onnxruntime accelerate\n",
  );
  expect(lines).toEqual(["Collecting torch"]);
});

it("leaves an existing directory alone and says when there is no Python", async () => {
  const progress = (): void => {};
  await expect(createVenv(directory, { python: "python3", signal, progress })).rejects.toThrow(
    `--create-venv ${directory}: exists already; to use it: --python ${directory}/bin/python`,
  );
  const python = "/no/such/python";
  await expect(
    createVenv(join(directory, "new"), { python, signal, progress }),
  ).rejects.toMatchObject({
    code: "BACKEND_UNAVAILABLE",
    message: `${python} -m venv ${directory}/new: no such program`,
  });
});
