import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
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

it("leaves what is there alone and says when there is no Python", async () => {
  const progress = (): void => {};
  const made = (path: string) => createVenv(path, { python: "python3", signal, progress });
  await expect(made(directory)).rejects.toThrow(
    new RegExp(`^--create-venv ${directory}: exists already$`),
  );
  await mkdir(join(directory, "bin"));
  await writeFile(join(directory, "bin", "python"), "");
  await expect(made(directory)).rejects.toThrow(
    `--create-venv ${directory}: exists already; to use it: --python ${directory}/bin/python`,
  );
  await expect(made(join(directory, "not", "there"))).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
    message: `--create-venv ${directory}/not/there: there is no directory ${directory}/not`,
  });
  const python = "/no/such/python";
  await expect(
    createVenv(join(directory, "new"), { python, signal, progress }),
  ).rejects.toMatchObject({
    code: "BACKEND_UNAVAILABLE",
    message: `${python} -m venv ${directory}/new: no such program`,
  });
});

it("says that the network is missing and removes what it began", async () => {
  const python = join(directory, "python");
  const pip = `#!/bin/sh
echo 'WARNING: Retrying (Retry(total=0)) after connection broken by NewConnectionError'
echo 'ERROR: No matching distribution found for torch' >&2
exit 1
`;
  await writeFile(
    python,
    `#!/bin/sh\nmkdir -p "$3/bin"\ncat > "$3/bin/python" <<'E'\n${pip}E\nchmod +x "$3/bin/python"\n`,
  );
  await chmod(python, 0o755);
  const venv = join(directory, "venv");
  await expect(createVenv(venv, { python, signal, progress: () => {} })).rejects.toThrow(
    /ERROR: No matching distribution found for torch; the package index was not reachable$/,
  );
  expect(await readdir(directory)).toEqual(["python"]);
});

it("removes what it began when it is stopped", async () => {
  const python = join(directory, "python");
  await writeFile(python, `#!/bin/sh\nmkdir "$3"\nexec sleep 60\n`);
  await chmod(python, 0o755);
  const controller = new AbortController();
  const venv = join(directory, "venv");
  const made = createVenv(venv, { python, signal: controller.signal, progress: () => {} });
  setTimeout(() => controller.abort(), 200);
  await expect(made).rejects.toMatchObject({ code: "ABORTED" });
  expect(await readdir(directory)).toEqual(["python"]);
});
