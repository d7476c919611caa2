import { readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { startTestBackend, testBackends } from "@espalier/backends/testing";
import { type EncodeOptions, SentenceTransformer } from "@espalier/encoder";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { FASTEST } from "./backends.ts";
import { expectClose, fixture, golden, goldens, type Tolerance } from "./golden.ts";
import { type Blobs, temporaryFolder, unpack } from "./temporary-folder.ts";

interface Call {
  method: "encode" | "encode_query" | "encode_document";
  normalize_embeddings?: boolean;
  batch_size?: number;
  prompt_name?: string;
  prompt?: string;
  truncate_dim?: number;
}
interface Content {
  texts: string[];
  tolerance: Tolerance;
  directories: Record<string, Directory>;
  blobs: Blobs;
}
interface Directory {
  files: Record<string, string>;
  tokenCounts: number[];
  calls: Record<string, Call>;
}

const content: Content = JSON.parse(readFileSync(fixture("sentence-transformers.json"), "utf8"));
const { texts, tolerance, directories, blobs } = content;
const vectors = goldens("sentence-transformers.safetensors");
const PICKLED = "old/mean-dense-tanh-bin";
const readable = Object.keys(directories).filter((name) => name !== PICKLED);

async function directory(name: string): Promise<string> {
  const folder = await unpack((directories[name] as Directory).files, blobs);
  const weights = fixture("sentence-transformers-model.safetensors");
  await copyFile(weights, join(folder, "model.safetensors"));
  return folder;
}

function call(
  model: SentenceTransformer,
  { method, ...given }: Call,
): ReturnType<typeof model.encode> {
  const options: EncodeOptions = {
    normalize: given.normalize_embeddings,
    batchSize: given.batch_size,
    promptName: given.prompt_name,
    prompt: given.prompt,
    truncateDimension: given.truncate_dim,
  };
  if (method === "encode_query") return model.encodeQuery(texts, options);
  if (method === "encode_document") return model.encodeDocument(texts, options);
  return model.encode(texts, options);
}

describe.each(testBackends())("%s", (backend) => {
  beforeAll(() => startTestBackend(backend));

  it.each(readable)("%s: the vectors of the reference", async (name) => {
    const before = tf.memory().numTensors;
    const { tokenCounts, calls } = directories[name] as Directory;
    const model = await SentenceTransformer.load(await directory(name));
    expect(texts.map((text) => model.tokenize(text).ids.length)).toEqual(tokenCounts);
    expect(Object.keys(calls).length).toBeGreaterThan(0);
    for (const [key, settings] of Object.entries(calls)) {
      if (backend !== FASTEST && key !== "encode") continue;
      const { shape, data } = golden(vectors, `${name}/${key}`);
      const actual = await call(model, settings);
      expect([actual.rows, actual.dimension]).toEqual(shape);
      expectClose(actual.data, data, tolerance);
    }
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("saving", () => {
  beforeAll(() => startTestBackend());

  it.each([
    "new/concat-reversed",
    "new/truncate-dim-normalize",
    "old/mean-dense-tanh",
    "old/mean-layernorm",
    "old/mean-do-lower-case",
    "old/prompts-excluded",
    "new/prompts-default",
  ])("%s: gives the same vectors when loaded again", async (name) => {
    const model = await SentenceTransformer.load(await directory(name));
    const saved = join(await temporaryFolder(), "saved");
    await model.save(saved);
    const again = await SentenceTransformer.load(saved);
    const summary = ({
      prompts,
      similarity,
      truncateDimension,
      defaultPromptName,
    }: typeof model) => ({
      ...{ prompts, similarity, truncateDimension, defaultPromptName },
    });
    expect(summary(again)).toEqual(summary(model));
    const first = await model.encode(texts);
    expect(await again.encode(texts)).toEqual(first);
    await expect(again.save(saved)).rejects.toThrow(saved); // never over what is there
    await again.save(saved, { overwrite: true });
    model.dispose();
    again.dispose();
  });

  it("names the pickle it does not read", async () => {
    const folder = await directory(PICKLED);
    await expect(SentenceTransformer.load(folder)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("2_Dense/pytorch_model.bin"),
    });
  });
});

describe("plain checkpoints", () => {
  it.each(["tiny-bert", "tiny-distilbert"])("%s: mean pooling", async (name) => {
    await startTestBackend();
    const model = await SentenceTransformer.load(fixture("models", name));
    expect(model.poolingModes).toEqual(["mean"]);
    const wanted = golden(goldens("bare.safetensors"), name).data;
    expectClose((await model.encode(texts)).data, wanted, tolerance);
    model.dispose();
  });
});
