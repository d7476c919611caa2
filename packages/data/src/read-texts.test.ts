import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { type ReadTextsOptions, readTexts } from "./read-texts.ts";

const collect = async (content: string | Buffer[], options: ReadTextsOptions = {}) => {
  const chunks = Array.isArray(content) ? content : [Buffer.from(content)];
  const found: unknown[] = [];
  for await (const text of readTexts("-", { ...options, stdin: Readable.from(chunks) }))
    found.push(text);
  return found;
};

it("reads a text a line, blank ones too", async () => {
  expect(await collect("\uFEFFone\r\n\ntwo \u2028 three\n")).toEqual([
    "one",
    "",
    "two \u2028 three",
  ]);
  expect(await collect("no end")).toEqual(["no end"]);
  expect(await collect("")).toEqual([]);
});

it("joins characters and lines that were cut into chunks", async () => {
  const bytes = Buffer.from("größe\nü");
  expect(await collect(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(["größe", "ü"]);
});

it("gives each line as it arrives", async () => {
  const stdin = new Readable({ read: () => {} });
  const texts = readTexts("-", { stdin });
  stdin.push("first\nsec");
  expect((await texts.next()).value).toBe("first");
  stdin.push("ond\n");
  stdin.push(null);
  expect((await texts.next()).value).toBe("second");
  expect((await texts.next()).done).toBe(true);
});

it("finds the text field", async () => {
  expect(await collect('{"id":1,"text":"a"}\n\n{"text":"b"}\n', { format: "jsonl" })).toEqual([
    "a",
    "b",
  ]);
  expect(await collect('{"satz":"a"}\n', { format: "jsonl" })).toEqual(["a"]);
  expect(await collect("n,Review\n1,a\n", { format: "csv" })).toEqual(["a"]);
  expect(await collect("x\ty\na\tb\n", { format: "tsv", text: "y" })).toEqual(["b"]);
  expect(await collect('[{"sentence1":"a","sentence2":"b"}]', { format: "json" })).toEqual([
    ["a", "b"],
  ]);
  const path = join(import.meta.dirname, "../test/fixtures/valid.csv");
  const first = await readTexts(path).next();
  expect(first.value).toBe("A woman is playing the violin.");
});

it("says what is wrong and where", async () => {
  await expect(collect('{"x":"a","y":"b"}', { format: "jsonl" })).rejects.toThrow(
    'stdin:1: which field is the text? There are x, y; name it: text: "x"',
  );
  await expect(collect('{"text":"a"}\n{"txt":"b"}', { format: "jsonl" })).rejects.toThrow(
    'stdin:2: no text: the field "text" is missing',
  );
  await expect(collect("a,b\nx,y\n", { format: "csv", text: "c" })).rejects.toThrow(
    '"c" is missing',
  );
  await expect(collect([Buffer.from("ok\n\xff\n", "latin1")])).rejects.toThrow(
    "stdin:2: not valid UTF-8",
  );
  await expect(collect("a\0b")).rejects.toThrow("stdin:1: a NUL byte");
  await expect(readTexts("/nowhere/x.txt").next()).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
  });
  await expect(readTexts(import.meta.dirname).next()).rejects.toThrow("is a directory");
});
