// Compares `espalier embed` with the true vectors of a real model:
//
//   node scripts/check-embeddings.mjs MODEL_DIRECTORY
//
// MODEL_DIRECTORY.golden.json lists the texts, MODEL_DIRECTORY.golden.safetensors holds their vectors as `embeddings`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const TOLERANCE = 2e-5;

const [model] = process.argv.slice(2).map((path) => resolve(path));
if (model === undefined) {
  console.error("usage: node scripts/check-embeddings.mjs MODEL_DIRECTORY");
  process.exit(2);
}
const root = resolve(import.meta.dirname, "..");
const require = createRequire(join(root, "packages", "encoder", "package.json"));
const { readFloat32, readSafetensors } = await import(require.resolve("@espalier/checkpoint"));
const golden = JSON.parse(readFileSync(`${model}.golden.json`, "utf8"));
const texts = golden.texts.map((entry) => (typeof entry === "string" ? entry : entry.text));
const expected = readFloat32(await readSafetensors(`${model}.golden.safetensors`), "embeddings");

const folder = mkdtempSync(join(tmpdir(), "espalier-"));
const file = join(folder, "texts.jsonl");
writeFileSync(file, texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
const run = spawnSync(
  process.execPath,
  [join(root, "apps", "cli", "bin", "espalier.js"), "embed", model, file],
  { encoding: "utf8", maxBuffer: 2 ** 30, stdio: ["ignore", "pipe", "inherit"] },
);
rmSync(folder, { recursive: true });
if (run.status !== 0) process.exit(run.status ?? 1);
const lines = run.stdout.trim().split("\n");
let worst = 0;
for (const [row, line] of lines.entries()) {
  const { embedding } = JSON.parse(line);
  for (const [i, value] of embedding.entries())
    worst = Math.max(worst, Math.abs(value - expected[row * embedding.length + i]));
}
const good = lines.length === texts.length && worst <= TOLERANCE;
console.log(
  `${lines.length} of ${texts.length} texts, largest difference ${worst.toExponential(2)}`,
);
process.exit(good ? 0 : 1);
