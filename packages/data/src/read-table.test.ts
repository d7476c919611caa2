import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readTable } from "./read-table.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "espalier-data-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function read(name: string, content: string | Uint8Array) {
  const path = join(directory, name);
  await writeFile(path, content);
  return readTable(path);
}

it("reads the same rows from every format", async () => {
  const rows = [
    { text: "good", label: "1" },
    { text: 'a "b"\nc,\td', label: "" },
  ];
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = (separator: string) =>
    [`text${separator}label`, ...rows.map((r) => `${quote(r.text)}${separator}${r.label}`)].join(
      "\r\n",
    );
  const files = {
    "a.jsonl": rows.map((row) => JSON.stringify(row)).join("\n"),
    "a.ndjson": rows.map((row) => `${JSON.stringify(row)}\r\n\r\n`).join(""),
    "a.json": JSON.stringify(rows, null, 2),
    "a.CSV": lines(","),
    "a.tsv": lines("\t"),
  };
  for (const [name, content] of Object.entries(files)) {
    const table = await read(name, content);
    expect(table.columns, name).toEqual(["text", "label"]);
    expect(
      table.rows.map(({ values }) => values),
      name,
    ).toEqual(rows);
  }
});

it("spreads nested labels into columns", async () => {
  const table = await read(
    "nested.jsonl",
    '{"text":"a","labels":{"domain":"movie"}}\n{"text":"b","labels":{"sentiment":"good"}}\n',
  );
  expect(table.columns).toEqual(["text", "domain", "sentiment"]);
  expect(table.rows[1]).toEqual({ values: { text: "b", sentiment: "good" }, line: 2 });
  await expect(read("twice.jsonl", '{"text":"a","labels":{"text":"b"}}')).rejects.toThrow(
    /twice.jsonl:1: "text" is both a field of its own and one of "labels"/,
  );
});

it("knows the line of each element of a JSON list", async () => {
  const table = await read("lines.json", '\n[{"a": "[\\"{"},\n\n{"a": [1, {"b": 2}]},{"a":\n3}\n]');
  expect(table.rows.map(({ line }) => line)).toEqual([2, 4, 4]);
  await expect(read("bad.json", '[{"a": 1},\n 5]')).rejects.toThrow(
    'bad.json:2: expected an object such as {"text": …}, not the number 5',
  );
  await expect(read("object.json", '{"a": 1}')).rejects.toThrow("expected a list of objects");
  await expect(read("broken.json", '[{"a": 1}')).rejects.toThrow("broken.json: not JSON: ");
  await expect(read("none.json", "[]")).rejects.toThrow("none.json: the file holds no rows");
});

it("takes quotes inside a bare cell as text, but not text after a closing quote", async () => {
  const table = await read("bare.csv", 'text,label\na 5" pipe,x\n"quoted ""too""",y\n');
  expect(table.rows.map(({ values }) => values.text)).toEqual(['a 5" pipe', 'quoted "too"']);
  await expect(read("open.csv", 'text,label\na 5" pipe,x\n"open,y\n')).rejects.toThrow(
    "open.csv:3: ",
  );
});

it("reads quotes as text where told so", async () => {
  const path = join(directory, "plain.tsv");
  await writeFile(path, 'text\tlabel\n"open\tx\n');
  await expect(readTable(path)).rejects.toThrow("plain.tsv:2: a quote opens here");
  const table = await readTable(path, { quotes: false });
  expect(table.rows[0]?.values).toEqual({ text: '"open', label: "x" });
});

it("counts lines across blank lines and quoted line breaks", async () => {
  const content = 'text,label\n"a\n\nb",1\n\nc,2\n,\nd\n';
  await expect(read("count.csv", content)).rejects.toThrow("count.csv:8: 1 cell, but");
});

it("refuses a file without a header line", async () => {
  await expect(read("bare-rows.csv", "A plane.,An air plane.,5.0\n")).rejects.toThrow(
    'bare-rows.csv:1: the first line has to name the columns, but "5.0" is a number',
  );
});

it("refuses files it can't read, each with one clear error", async () => {
  const nesting = "[".repeat(200_000);
  await expect(read("nested.jsonl", nesting)).rejects.toThrow("nested.jsonl:1: not JSON");
  await expect(read("closed.jsonl", nesting + "]".repeat(200_000))).rejects.toThrow(
    "closed.jsonl:1: expected an object",
  );
  await expect(read("table.parquet", "PAR1")).rejects.toMatchObject({ code: "FILE_INVALID" });
  await expect(readTable(directory)).rejects.toMatchObject({ code: "FILE_INVALID" });
  await expect(readTable(directory, { format: "csv" })).rejects.toThrow("is a directory");
  await expect(readTable(join(directory, "absent.csv"))).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
  });
  await expect(readTable("-")).rejects.toThrow("name the format");
});

it("names a missing file as missing, whatever its name ends in", async () => {
  for (const name of ["reviews", "reviews.txt"]) {
    const path = join(directory, name);
    await expect(readTable(path)).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: `${path}: there is no such file`,
    });
    await writeFile(path, "text\ngood\n");
    await expect(readTable(path)).rejects.toThrow(`${path}: the extension `);
  }
});

it("reads standard input", async () => {
  const stdin = Readable.from([Buffer.from('{"text":"ü'), Buffer.from('"}\n')]);
  const table = await readTable("-", { format: "jsonl", stdin });
  expect(table).toEqual({
    columns: ["text"],
    rows: [{ values: { text: "ü" }, line: 1 }],
    file: "stdin",
  });
});

it("gives back any cells that were quoted", async () => {
  // A lone carriage return would be told apart from a line end only by its surroundings.
  const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", " ", "é", "\u2028", "😀") });
  const row = fc.tuple(cell, cell);
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1 }), async (rows) => {
      const lines = rows.map((cells) => cells.map((c) => `"${c.replaceAll('"', '""')}"`).join(","));
      const table = await readTable("-", {
        format: "csv",
        stdin: Readable.from([Buffer.from(["x,y", ...lines].join("\n"))]),
      });
      expect(table.rows.map(({ values }) => [values.x, values.y])).toEqual(rows);
      const ends = rows.map((cells) => cells.join("").split("\n").length);
      let line = 2;
      for (const [i, { line: found }] of table.rows.entries()) {
        expect(found).toBe(line);
        line += ends[i]!;
      }
    }),
    { numRuns: 50 },
  );
});
