import { mkdir, readdir, readFile, readlink, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { recoverDirectory, writeDirectoryAtomic, writeFileAtomic } from "@espalier/checkpoint";
import { expect, it, vi } from "vitest";
import { temporaryFolder } from "./unpack-directory.ts";

/**
 * Counts what changes the disk; after `crashAfter` of them nothing works any more, as after a crash.
 * `refusedRename` is a target that no rename reaches.
 */
const disk = vi.hoisted(() => ({
  changes: 0,
  crashAfter: Number.POSITIVE_INFINITY,
  refusedRename: "",
}));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const counted = Object.fromEntries(
    (["mkdir", "open", "rename", "rm"] as const).map((name) => [
      name,
      (...values: unknown[]) => {
        if (disk.changes >= disk.crashAfter) throw new Error("crashed");
        disk.changes++;
        if (name === "rename" && values[1] === disk.refusedRename) {
          disk.refusedRename = ""; // putting the old one back works
          throw new Error("refused");
        }
        return (real[name] as (...values: unknown[]) => unknown)(...values);
      },
    ]),
  );
  return { ...real, ...counted };
});

const generation = (n: number) =>
  ["config.json", "1_Pooling/config.json", "weights/deep/model.safetensors"].map((path) => ({
    path,
    bytes: `${n} ${path}`,
  }));

async function contentOf(directory: string): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      content[path.slice(directory.length + 1).replaceAll("\\", "/")] = await readFile(
        path,
        "utf8",
      );
    }
  return content;
}

const expected = (n: number) =>
  Object.fromEntries(generation(n).map(({ path, bytes }) => [path, bytes]));

it("writes text, bytes and pieces of bytes, and nothing besides", async () => {
  const parent = await temporaryFolder();
  const directory = join(parent, "new", "model");
  await writeDirectoryAtomic(directory, [
    { path: "a.txt", bytes: "ä" },
    { path: "b/c.bin", bytes: Uint8Array.of(65, 66) },
    { path: "b/d.bin", bytes: [Uint8Array.of(67), Uint8Array.of(), Uint8Array.of(68, 69)] },
  ]);
  expect(await contentOf(directory)).toEqual({ "a.txt": "ä", "b/c.bin": "AB", "b/d.bin": "CDE" });
  expect(await readdir(join(parent, "new"))).toEqual(["model"]);
});

it("refuses a directory with content, unless it may be overwritten", async () => {
  const parent = await temporaryFolder();
  const directory = join(parent, "model");
  await mkdir(directory);
  await writeDirectoryAtomic(directory, generation(1)); // an empty one is fine
  await writeFile(join(directory, "stray.txt"), "old");
  await expect(writeDirectoryAtomic(directory, generation(2))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: `${directory}: already exists (4 entries); choose another directory or allow it to be overwritten`,
  });
  expect(await contentOf(directory)).toEqual({ ...expected(1), "stray.txt": "old" });
  await writeDirectoryAtomic(directory, generation(2), { overwrite: true });
  expect(await contentOf(directory)).toEqual(expected(2));
  expect(await readdir(parent)).toEqual(["model"]);
});

it("never replaces a file by a directory", async () => {
  const path = join(await temporaryFolder(), "notes");
  await writeFile(path, "mine");
  for (const overwrite of [false, true])
    await expect(writeDirectoryAtomic(path, generation(1), { overwrite })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  expect(await readFile(path, "utf8")).toBe("mine");
});

it("writes through a symbolic link", async () => {
  const parent = await temporaryFolder();
  await writeDirectoryAtomic(join(parent, "run-1"), generation(1));
  await symlink(join(parent, "run-1"), join(parent, "latest"));
  await writeDirectoryAtomic(join(parent, "latest"), generation(2), { overwrite: true });
  expect(await readlink(join(parent, "latest"))).toBe(join(parent, "run-1"));
  expect(await contentOf(join(parent, "run-1"))).toEqual(expected(2));
});

it.each(["../x", "/x", "a/../../x", "", "a\\b", "C:x"])(
  "refuses the path %j before it writes anything",
  async (path) => {
    const parent = await temporaryFolder();
    await expect(
      writeDirectoryAtomic(join(parent, "model"), [...generation(1), { path, bytes: "" }]),
    ).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(await readdir(parent)).toEqual([]);
  },
);

it("refuses a path given twice", async () => {
  const directory = join(await temporaryFolder(), "model");
  await expect(
    writeDirectoryAtomic(directory, [...generation(1), ...generation(1)]),
  ).rejects.toThrow("config.json is given twice");
});

it("cleans up when writing fails", async () => {
  const parent = await temporaryFolder();
  const files = [...generation(2), { path: "config.json/below", bytes: "" }]; // a file as a folder
  await writeDirectoryAtomic(join(parent, "model"), generation(1));
  await expect(
    writeDirectoryAtomic(join(parent, "model"), files, { overwrite: true }),
  ).rejects.toThrow();
  expect(await readdir(parent)).toEqual(["model"]);
  expect(await contentOf(join(parent, "model"))).toEqual(expected(1));
});

it("puts the old directory back when the new one cannot take its place", async () => {
  const parent = await temporaryFolder();
  const directory = join(parent, "model");
  await writeDirectoryAtomic(directory, generation(1));
  disk.refusedRename = directory;
  await expect(writeDirectoryAtomic(directory, generation(2), { overwrite: true })).rejects.toThrow(
    "refused",
  );
  expect(await readdir(parent)).toEqual(["model"]);
  expect(await contentOf(directory)).toEqual(expected(1));
});

it("leaves the old or the new content wherever it crashes", async () => {
  const parent = await temporaryFolder();
  disk.changes = 0;
  await writeDirectoryAtomic(join(parent, "model"), generation(1));
  await writeDirectoryAtomic(join(parent, "model"), generation(2), { overwrite: true });
  const steps = disk.changes;
  expect(steps).toBeGreaterThan(15);
  const ends = new Set<string>();
  for (let crashAfter = 0; crashAfter <= steps; crashAfter++) {
    const directory = join(parent, String(crashAfter), "model");
    await writeDirectoryAtomic(directory, generation(1));
    Object.assign(disk, { changes: 0, crashAfter });
    const crashed = await writeDirectoryAtomic(directory, generation(2), { overwrite: true }).then(
      () => false,
      () => true,
    );
    Object.assign(disk, { crashAfter: Number.POSITIVE_INFINITY });
    await recoverDirectory(directory);
    const content = await contentOf(directory);
    const isNew = content["config.json"] === "2 config.json";
    expect(content).toEqual(expected(isNew ? 2 : 1));
    if (!crashed) expect(isNew).toBe(true);
    ends.add(`${crashed} ${isNew}`);
    await writeDirectoryAtomic(directory, generation(3), { overwrite: true });
    expect(await contentOf(directory)).toEqual(expected(3));
  }
  expect(ends).toEqual(new Set(["true false", "true true", "false true"]));
});

it("puts back a directory that was moved away, but not over another one", async () => {
  const parent = await temporaryFolder();
  const directory = join(parent, "model");
  await writeDirectoryAtomic(directory, generation(1));
  await rename(directory, join(parent, ".model.previous"));
  await expect(writeDirectoryAtomic(directory, generation(2))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
  expect(await contentOf(directory)).toEqual(expected(1));
  await mkdir(join(parent, ".model.previous"));
  await recoverDirectory(directory);
  expect(await contentOf(directory)).toEqual(expected(1));
});

it("two writers leave one of the two contents", async () => {
  const parent = await temporaryFolder();
  const directory = join(parent, "model");
  await writeDirectoryAtomic(directory, generation(1));
  const results = await Promise.allSettled(
    [2, 3, 4].map((n) => writeDirectoryAtomic(directory, generation(n), { overwrite: true })),
  );
  expect(results.some(({ status }) => status === "fulfilled")).toBe(true);
  await recoverDirectory(directory);
  const content = await contentOf(directory);
  const n = Number(content["config.json"]?.[0]);
  expect([1, 2, 3, 4]).toContain(n);
  expect(content).toEqual(expected(n));
});

it("replaces a file whole, and makes its folder", async () => {
  const parent = await temporaryFolder();
  const path = join(parent, "deep", "state.json");
  await writeFileAtomic(path, "one");
  await writeFileAtomic(path, [Buffer.from("t"), Buffer.from("wo")]);
  expect(await readFile(path, "utf8")).toBe("two");
  for (let crashAfter = 0; ; crashAfter++) {
    Object.assign(disk, { changes: 0, crashAfter });
    const done = await writeFileAtomic(path, "three").then(
      () => true,
      () => false,
    );
    Object.assign(disk, { crashAfter: Number.POSITIVE_INFINITY });
    expect(["two", "three"]).toContain(await readFile(path, "utf8"));
    if (done) break;
  }
  expect(await readFile(path, "utf8")).toBe("three");
});
