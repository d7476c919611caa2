import { readFileSync } from "node:fs";
import { startTestBackend } from "@espalier/backends/testing";
import { EspalierError } from "@espalier/core";
import { SentenceTransformer } from "@espalier/encoder";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { fixture } from "./golden.ts";
import { type Blobs, unpack } from "./temporary-folder.ts";

interface Content {
  directories: Record<string, { files: Record<string, string>; expect: string }>;
  blobs: Blobs;
}
const content: Content = JSON.parse(readFileSync(fixture("bad-checkpoints.json"), "utf8"));
const { directories, blobs } = content;

/** What each message has to name. */
const NAMES: Record<string, readonly string[]> = {
  "config-missing": ["config.json"],
  "config-not-json": ["config.json"],
  "config-empty": ["config.json"],
  "config-is-an-array": ["config.json"],
  "config-no-model-type": ["config.json", "model_type"],
  "config-unknown-model-type": ["config.json", "model_type", "qwen9", "distilbert"],
  "config-no-hidden-size": ["config.json", "hidden_size"],
  "config-heads-do-not-divide": ["config.json", "hidden_size", "num_attention_heads"],
  "config-zero-heads": ["config.json", "num_attention_heads"],
  "config-negative-layers": ["config.json", "num_hidden_layers", "-1"],
  "config-text-for-number": ["config.json", "hidden_size"],
  "config-more-layers-than-weights": ["model.safetensors", "encoder.layer.1."],
  "config-wrong-vocab-size": ["embeddings.word_embeddings.weight", "[", "expected ["],
  "config-unknown-activation": ["config.json", "hidden_act", "swoosh"],
  "weights-missing": ["model.safetensors"],
  "weights-missing-tensor": ["encoder.layer.0.attention.self.query.bias"],
  "weights-wrong-shape": ["encoder.layer.0.output.dense.weight", "expected ["],
  "weights-nan": ["embeddings.LayerNorm.weight", "NaN"],
  "weights-integer": ["encoder.layer.0.output.dense.weight", "I64"],
  "shard-missing": ["model-00002-of-00002.safetensors"],
  "shard-path-traversal": ["../valid/model.safetensors"],
  "tokenizer-missing": ["tokenizer.json"],
  "tokenizer-truncated": ["tokenizer.json"],
};

beforeAll(async () => {
  await startTestBackend();
});

async function load(name: string): Promise<SentenceTransformer> {
  const files = directories[name]?.files;
  if (files === undefined) throw new Error(`no fixture ${name}`);
  return SentenceTransformer.load(await unpack(files, blobs));
}

it("loads the control case", async () => {
  const model = await load("valid");
  const { data, rows } = await model.encode(["the man", "the man"]);
  expect(rows).toBe(2);
  expect(data.every(Number.isFinite)).toBe(true);
  model.dispose();
});

it.each(Object.keys(NAMES))("%s", async (name) => {
  const before = tf.memory().numTensors;
  const error = await load(name).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(EspalierError.isInstance(error)).toBe(true);
  for (const part of NAMES[name] as readonly string[])
    expect((error as EspalierError).message).toContain(part);
  expect(tf.memory().numTensors).toBe(before);
});

it("names a token that the embedding table does not have", async () => {
  const encode = load("tokenizer-id-out-of-range").then((model) => model.encode(["the man"]));
  await expect(encode).rejects.toThrow(/400.*12/);
});
