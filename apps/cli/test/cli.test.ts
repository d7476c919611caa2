import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { run } from "../src/main.ts";

const folder = mkdtempSync(join(tmpdir(), "espalier-cli-"));
const file = (name: string) => join(folder, name);

const GOOD = [
  "great",
  "superb",
  "lovely",
  "wonderful",
  "excellent",
  "perfect",
  "delicious",
  "fine",
];
const BAD = ["awful", "terrible", "dull", "horrible", "broken", "poor", "disgusting", "bad"];
const PLACES = ["in the old town by the river", "that my cousin told me about", "near the station"];

beforeAll(() => {
  const rows = ["review,sentiment,kind"];
  for (const [i, good] of GOOD.entries())
    for (const place of PLACES) {
      rows.push(`"The soup was ${good} at the restaurant ${place}",positive,food`);
      rows.push(`"The phone was ${BAD[i]} from the shop ${place}",negative,product`);
    }
  writeFileSync(file("reviews.csv"), `${rows.join("\n")}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs one command line in this process and catches what it writes. */
async function espalier(...words: string[]): Promise<{ code: unknown; out: string; err: string }> {
  const written = { out: "", err: "" };
  const capture = (key: "out" | "err") => (text: unknown) => {
    written[key] += String(text);
    return true;
  };
  const out = vi.spyOn(process.stdout, "write").mockImplementation(capture("out"));
  const err = vi.spyOn(process.stderr, "write").mockImplementation(capture("err"));
  try {
    await run(words);
    return { code: process.exitCode, ...written };
  } finally {
    out.mockRestore();
    err.mockRestore();
    process.exitCode = 0;
  }
}

it("trains from a CSV without a recipe, and the model answers every other command", async () => {
  const out = file("run");
  const trained = await espalier(
    "train",
    file("reviews.csv"),
    "--out",
    out,
    "--set",
    "phases.0.epochs=4",
    "--set",
    "phases.1.epochs=1",
    "--json",
  );
  expect(trained.err).toContain('text in "review"');
  expect(trained.code).toBe(0);
  const report = JSON.parse(trained.out);
  expect(Object.keys(report.tasks)).toEqual(["sentiment", "kind"]);
  expect(report.tasks.kind.accuracy).toBeGreaterThan(0.8);
  expect(report.tasks.kind.majority).toBeLessThan(0.7);
  const model = join(out, "model");
  expect(readdirSync(model)).toEqual(
    expect.arrayContaining(["modules.json", "model.safetensors", "heads"]),
  );

  writeFileSync(file("texts.txt"), "The soup was superb\nThe phone was broken\n");
  const predicted = await espalier("predict", model, file("texts.txt"));
  const lines = predicted.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => line.kind.label)).toEqual(["food", "product"]);
  expect(lines[0].kind.scores.food + lines[0].kind.scores.product).toBeCloseTo(1, 6);

  const evaluated = await espalier("evaluate", model, file("reviews.csv"), "--json");
  expect(JSON.parse(evaluated.out).tasks.kind.labelled).toBe(48);

  const vectors = file("vectors.jsonl");
  expect((await espalier("embed", model, file("texts.txt"), "--out", vectors)).code).toBe(0);
  const embedded = readFileSync(vectors, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(embedded.map((line) => line.embedding.length)).toEqual([512, 512]);

  const inspected = await espalier("inspect", model, "--policy", "backbone", "--json");
  expect(JSON.parse(inspected.out).policy.trainableSize).toBe(2 * (512 + 1) * 2);
  const { estimate } = JSON.parse(inspected.out);
  expect(estimate).toMatchObject({ texts: 1000, gradientBytes: 4 * 2 * (512 + 1) * 2 });
  expect(estimate.secondsForCache).toBeGreaterThan(0);

  const again = await espalier("train", join(out, "recipe.yaml"), "--out", file("again"), "--json");
  expect(JSON.parse(again.out).tasks).toEqual(report.tasks); // same recipe, same seed, same result
});

it("trains labels of several kinds from one file, and shows each in its measures", async () => {
  const rows = GOOD.flatMap((good, i) =>
    PLACES.flatMap((place) => [
      `"The soup was ${good} ${place}",food|praise,${4 + i / 10}`,
      `"The soup was ${BAD[i]} ${place}",food,${1 + i / 10}`,
      `"The phone was ${good} ${place}",praise,${4.1 + i / 10}`,
    ]),
  );
  writeFileSync(file("stars.csv"), `${["review,topics,stars", ...rows].join("\n")}\n`);
  const out = file("kinds");
  const words = ["train", file("stars.csv"), "--out", out];
  const trained = await espalier(...words, "--set", "phases.1.epochs=2");
  expect(trained.code).toBe(0);
  expect(trained.err).toMatch(/topics +2 labels, any number a row +food 48 · praise 48/);
  expect(trained.err).toMatch(/stars +numbers +1 to 4\.8 · mean /);
  expect(trained.out).toMatch(/macro F1 .*\n +topics .*\n +R².*ridge regression\n +stars/);
  const recipe = readFileSync(join(out, "recipe.yaml"), "utf8");
  expect(recipe).toMatch(/stars:\n +kind: regression\n[\s\S]*center: 3\.\d+\n +scale: 1\.\d+\n/);

  writeFileSync(file("new.txt"), "The soup was superb near the station\n");
  const predicted = await espalier("predict", join(out, "model"), file("new.txt"));
  const { topics, stars } = JSON.parse(predicted.out);
  expect(topics.labels.sort()).toEqual(["food", "praise"]);
  expect(stars.value).toBeGreaterThan(3);

  const evaluated = await espalier("evaluate", join(out, "model"), file("stars.csv"));
  expect(evaluated.out).toMatch(/mean absolute error +loss +rows\n +stars/);
  const inspected = await espalier("inspect", join(out, "model"));
  expect(inspected.out).toContain("task stars (regression): a number");
});

it("reads a column as the kind that is asked for", async () => {
  const rows = GOOD.flatMap((good, i) =>
    PLACES.map((place) => `"The soup was ${good} ${place}",${1 + (i % 4)}`),
  );
  writeFileSync(file("grades.csv"), `${["review,grade", ...rows].join("\n")}\n`);
  const train = (kind: string, out: string) =>
    espalier(
      ...["train", file("grades.csv"), "--out", file(out), "--set", `tasks.grade.kind=${kind}`],
      ...["--set", "phases.0.epochs=1", "--set", "phases.1.epochs=1"],
    );
  const ordinal = await train("ordinal", "ordinal");
  expect(ordinal.err).toContain("4 classes with an order   1 6 · 2 6 · 3 6 · 4 6");
  expect(ordinal.out).toMatch(/weighted kappa +accuracy +mean distance/);
  const number = await train("regression", "number");
  expect(number.err).toContain("numbers   1 to 4 · mean 2.5");
  expect(readFileSync(join(file("number"), "recipe.yaml"), "utf8")).not.toContain("labels");
  const wrong = await train("ordnal", "wrong");
  expect(wrong.err).toContain('"ordnal" is not one of classification, multi-label, ordinal');
  const absent = await espalier("train", file("grades.csv"), "--set", "tasks.grad.kind=ordinal");
  expect(absent.err).toContain(
    'has no column for a task "grad" (did you mean "grade"?); the columns are review, grade',
  );
  expect(existsSync(file("wrong"))).toBe(false);
});

/** Of another platform. */
const ABSENT_PROVIDER = process.platform === "win32" ? "coreml" : "dml";

it("offers help for the program and every command", async () => {
  const help = (await espalier("--help")).out;
  for (const command of ["demo", "train", "evaluate", "predict", "embed", "inspect"]) {
    expect(help).toContain(command);
    expect((await espalier(command, "--help")).out).toContain(`usage: espalier ${command}`);
  }
});

it.each([
  ["a missing file", ["train", "missing.csv"], 1, "missing.csv"],
  ["a missing model", ["predict", "no-such-model"], 1, "no-such-model"],
  ["an unknown backend", ["demo", "--backend", "onnxruntme"], 2, 'did you mean "onnxruntime"?'],
  [
    "an unknown provider",
    ["demo", "--provider", "webgp"],
    2,
    '--provider webgp: expected one of cpu, cuda, webgpu, coreml, dml (did you mean "webgpu"?)',
  ],
  [
    "a provider of another backend",
    ["demo", "--backend", "wasm", "--provider", "webgpu"],
    1,
    "only the backend onnxruntime has providers, not wasm",
  ],
  ["a missing provider", ["demo", "--provider", ABSENT_PROVIDER], 1, "has cpu"],
  ["an unknown command", ["trian"], 2, 'did you mean "train"?'],
  [
    "an unknown policy",
    ["inspect", "use-lite", "--policy", "bakbone"],
    1,
    'did you mean "backbone"?',
  ],
  ["a missing argument", ["evaluate"], 2, "evaluate needs MODEL"],
])("explains %s in one paragraph", async (_what, words, code, message) => {
  const result = await espalier(...words);
  expect(result.err).toContain(message);
  expect(result.err).not.toMatch(/\n {4}at /);
  expect(result.code).toBe(code);
  expect(result.out).toBe("");
});

it.each([
  ["empty.csv", "", /empty\.csv/],
  [
    "no-label.csv",
    "text\nThe soup was lovely and warm today\nThe phone was broken again\n",
    /no-label\.csv.*label/s,
  ],
  ["broken.jsonl", '{"text": "a b c", "x": "y"}\n{"text": \n', /broken\.jsonl:2/],
])("refuses %s and leaves nothing behind", async (name, content, message) => {
  writeFileSync(file(name), content);
  const out = file(`${name}-run`);
  const result = await espalier("train", file(name), "--out", out);
  expect(result.code).toBe(1);
  expect(result.err).toMatch(message);
  expect(existsSync(out)).toBe(false);
});

it.each([
  ["demo", ["demo"]],
  ["train", ["train", file("reviews.csv")]],
])("%s refuses to replace what is there", async (command, words) => {
  const out = file(`${command}-taken`);
  const target = command === "train" ? join(out, "model") : out;
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "mine.txt"), "mine");
  const result = await espalier(...words, "--out", out);
  expect(result.code).toBe(1);
  expect(result.err).toContain(`--out: ${target} is not empty`);
  expect(readdirSync(target)).toEqual(["mine.txt"]);
  expect(readdirSync(out)).toEqual(command === "train" ? ["model"] : ["mine.txt"]);
});

it.each([
  ["trunk", ["--set", "trunk=./no-such-trunk"], "no-such-trunk"],
  ["policy", ["--set", "phases.0.freeze=layers-below:9"], "phases.0.freeze"],
  ["provider", ["--provider", ABSENT_PROVIDER], "has cpu"],
])("leaves nothing behind when the %s is bad", async (what, words, message) => {
  const out = file(`bad-${what}`);
  const result = await espalier("train", file("reviews.csv"), "--out", out, ...words);
  expect(result.code).toBe(1);
  expect(result.err).toContain(message);
  expect(existsSync(out)).toBe(false);
});

it("names file and line of a label the recipe does not list, and the nearest one", async () => {
  const rows = readFileSync(file("reviews.csv"), "utf8").replace(",positive,", ",postive,");
  writeFileSync(file("mistyped.csv"), rows);
  const recipe = readFileSync(join(file("run"), "recipe.yaml"), "utf8");
  writeFileSync(file("recipe.yaml"), recipe.replace("reviews.csv", "mistyped.csv"));
  const result = await espalier("train", file("recipe.yaml"), "--out", file("none"));
  expect(result.code).toBe(1);
  expect(result.err).toContain("mistyped.csv:2");
  expect(result.err).toContain('did you mean "positive"?');
  expect(existsSync(file("none"))).toBe(false);
});
