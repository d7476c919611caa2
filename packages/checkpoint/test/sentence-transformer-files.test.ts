import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  modelCard,
  type PoolingMode,
  readFloat32,
  readModelDirectory,
  readWeights,
  type SentenceTransformerContent,
  sentenceTransformerFiles,
  type VectorModule,
  writeDirectoryAtomic,
} from "@espalier/checkpoint";
import { expect, it } from "vitest";
import { temporaryFolder } from "./unpack-directory.ts";

const values = (length: number) => Float32Array.from({ length }, (_, i) => i / 7);

const dense: VectorModule = {
  kind: "Dense",
  inputSize: 8,
  outputSize: 3,
  activation: "gelu",
  weight: values(24),
  bias: values(3),
};
const layerNorm: VectorModule = {
  kind: "LayerNorm",
  dimension: 3,
  weight: values(3),
  bias: values(3),
};

function content(change: Partial<SentenceTransformerContent> = {}): SentenceTransformerContent {
  return {
    config: { model_type: "bert", hidden_size: 8, max_position_embeddings: 64 },
    weights: { w: { dtype: "F32", shape: [2, 4], data: values(8) } },
    pooling: { kind: "Pooling", dimension: 8, modes: ["mean"], includePrompt: true },
    tokenizerFiles: [{ name: "tokenizer.json", bytes: Buffer.from("{}") }],
    ...change,
  };
}

async function save(change?: Partial<SentenceTransformerContent>): Promise<string> {
  const directory = join(await temporaryFolder(), "model");
  await writeDirectoryAtomic(directory, sentenceTransformerFiles(content(change)));
  return directory;
}

const json = async (...path: string[]) => JSON.parse(await readFile(join(...path), "utf8"));

it("reads back what it wrote", async () => {
  const vectorModules = [dense, layerNorm, { kind: "Normalize" }] as const;
  const directory = await save({
    vectorModules,
    maxLengthTokens: 48,
    doLowerCase: true,
    prompts: { query: "query: ", document: "" },
    defaultPromptName: "query",
    similarity: "dot",
    truncateDimension: 2,
  });
  const model = await readModelDirectory(directory);
  expect(model).toMatchObject({
    bare: false,
    config: content().config,
    pooling: content().pooling,
    maxLengthTokens: 48,
    sentenceConfig: { maxLengthTokens: 48, doLowerCase: true },
    prompts: { query: "query: ", document: "" },
    defaultPromptName: "query",
    similarity: "dot",
    truncateDimension: 2,
  });
  expect(model.vectorModules).toEqual(vectorModules);
  expect(readFloat32(await readWeights(directory), "w", [2, 4])).toEqual(values(8));
});

it("has the defaults where nothing is said", async () => {
  const model = await readModelDirectory(await save());
  expect(model).toMatchObject({
    prompts: {},
    similarity: "cosine",
    sentenceConfig: { doLowerCase: false },
    maxLengthTokens: 64,
    vectorModules: [],
  });
});

it("writes the layout of before 5.4", async () => {
  const directory = await save({ vectorModules: [{ ...dense, activation: "tanh" }] });
  const line = (idx: number, path: string, kind: string) => ({
    idx,
    name: String(idx),
    path,
    type: `sentence_transformers.models.${kind}`,
  });
  expect(await json(directory, "modules.json")).toEqual([
    line(0, "", "Transformer"),
    line(1, "1_Pooling", "Pooling"),
    line(2, "2_Dense", "Dense"),
  ]);
  expect(await json(directory, "1_Pooling", "config.json")).toEqual({
    word_embedding_dimension: 8,
    pooling_mode_cls_token: false,
    pooling_mode_mean_tokens: true,
    pooling_mode_max_tokens: false,
    pooling_mode_mean_sqrt_len_tokens: false,
    pooling_mode_weightedmean_tokens: false,
    pooling_mode_lasttoken: false,
    include_prompt: true,
  });
  expect(await json(directory, "sentence_bert_config.json")).toEqual({
    max_seq_length: null,
    do_lower_case: false,
  });
  expect(await json(directory, "2_Dense", "config.json")).toEqual({
    in_features: 8,
    out_features: 3,
    bias: true,
    activation_function: "torch.nn.modules.activation.Tanh",
  });
});

it.each<[PoolingMode[], object]>([
  [["cls", "mean"], { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true }],
  [["mean", "cls"], { pooling_mode: ["mean", "cls"], embedding_dimension: 8 }],
])("keeps the order of the concatenation %j", async (modes, written) => {
  const directory = await save({
    pooling: { kind: "Pooling", dimension: 8, modes, includePrompt: false },
  });
  expect(await json(directory, "1_Pooling", "config.json")).toMatchObject(written);
  expect((await readModelDirectory(directory)).pooling).toMatchObject({
    modes,
    includePrompt: false,
  });
});

it("refuses modules that do not fit", () => {
  expect(() => sentenceTransformerFiles(content({ vectorModules: [layerNorm] }))).toThrow(
    "2_LayerNorm takes vectors of size 3, but the module before gives 8",
  );
  const short = { ...dense, weight: values(23) };
  expect(() => sentenceTransformerFiles(content({ vectorModules: [short] }))).toThrow(
    'tensor "linear.weight": dtype F32 and shape [3, 8] need 96 bytes, given 92',
  );
});

it("writes a model card that the Hub reads", () => {
  expect(
    modelCard({
      baseModel: "distilbert-base-uncased",
      languages: ["en", "no"],
      license: "apache-2.0",
      tags: ["espalier", "a: b"],
      body: "# Reviews",
    }),
  ).toBe(
    [
      "---",
      "library_name: sentence-transformers",
      "pipeline_tag: sentence-similarity",
      "tags:",
      "- sentence-transformers",
      "- sentence-similarity",
      "- feature-extraction",
      "- espalier",
      '- "a: b"',
      "base_model: distilbert-base-uncased",
      "language:",
      '- "en"',
      '- "no"',
      "license: apache-2.0",
      "---",
      "",
      "# Reviews",
      "",
    ].join("\n"),
  );
});
