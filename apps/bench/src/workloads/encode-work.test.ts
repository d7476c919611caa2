import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { someOf } from "./encode-work.ts";
import { readOwnTexts } from "./read-own-texts.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "bench-texts-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it("takes texts evenly, all of them where there are few", () => {
  expect(someOf(["a", "b", "c", "d"], 2)).toEqual(["a", "c"]);
  expect(someOf(["a", "b"], 5)).toEqual(["a", "b"]);
});

it("reads each distinct text of a file once and names a file without any", async () => {
  const path = join(directory, "texts.txt");
  await writeFile(path, "one\ntwo\n\none\n");
  expect(await readOwnTexts(path)).toEqual({
    name: "texts.txt",
    texts: ["one", "two"],
    oneAtATime: false,
  });
  await writeFile(path, "\n\n");
  await expect(readOwnTexts(path)).rejects.toMatchObject({
    code: "DATA_INVALID",
    message: `--texts ${path}: has no texts`,
  });
});
