/**
 * Compares the vectors and token ids of a real model with those of sentence-transformers.
 *
 *   pnpm build && node packages/encoder/scripts/check-minilm.mjs DIRECTORY [BACKEND]
 *
 * DIRECTORY   a sentence-transformers directory, such as a copy of sentence-transformers/all-MiniLM-L6-v2. Beside it lie
 *             DIRECTORY.golden.json        {"texts": [...], "input_ids": [[...], ...], "atol": 2e-5}
 *             DIRECTORY.golden.safetensors "embeddings", float32 [texts, dimension], from SentenceTransformer.encode
 * BACKEND     onnxruntime (default), wasm or cpu
 *
 * Prints the largest difference; exits with 1 when it is above atol or any id differs.
 */
import { readFile } from "node:fs/promises";
import { readFloat32, readSafetensors } from "@espalier/checkpoint";
import { SentenceTransformer } from "@espalier/encoder";
import * as tf from "@tensorflow/tfjs-core";

const [directory, backend = "onnxruntime"] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write("usage: check-minilm.mjs DIRECTORY [onnxruntime|wasm|cpu]\n");
  process.exit(2);
}
await startBackend(backend);
const base = directory.replace(/\/+$/, "");
const { texts, input_ids: ids, atol } = JSON.parse(await readFile(`${base}.golden.json`, "utf8"));
const wanted = readFloat32(await readSafetensors(`${base}.golden.safetensors`), "embeddings");

const model = await SentenceTransformer.load(base);
const otherIds = texts.filter((text, i) => model.tokenize(text).ids.join() !== ids[i].join());
const started = performance.now();
const { data, rows, dimension } = await model.encode(texts);
const seconds = (performance.now() - started) / 1000;

let worst = 0;
for (const [i, value] of wanted.entries()) worst = Math.max(worst, Math.abs(data[i] - value));
const far = Array.from({ length: rows }, (_, row) => row).filter((row) =>
  wanted
    .subarray(row * dimension, (row + 1) * dimension)
    .some((value, d) => !(Math.abs(data[row * dimension + d] - value) <= atol)),
);
process.stdout.write(
  `${rows} texts, ${dimension} dimensions, ${seconds.toFixed(1)} s on ${backend}\n` +
    `token ids: ${otherIds.length} texts differ${otherIds.map((text) => `\n  ${JSON.stringify(text)}`).join("")}\n` +
    `vectors: largest difference ${worst.toExponential(2)}, ${far.length} texts further than ${atol}\n`,
);
model.dispose();
process.exitCode =
  otherIds.length === 0 && far.length === 0 && data.length === wanted.length ? 0 : 1;

async function startBackend(name) {
  if (name === "onnxruntime") {
    const { registerOnnxruntimeBackend } = await import("tfjs-backend-onnxruntime");
    registerOnnxruntimeBackend();
  } else await import(`@tensorflow/tfjs-backend-${name}`);
  if (!(await tf.setBackend(name))) throw new Error(`backend ${name} did not start`);
}
