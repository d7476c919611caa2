import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ModelDirectory, readModelDirectory } from "@espalier/checkpoint";
import { describe, expect, it } from "vitest";
import {
  type PackedDirectory,
  packedDirectories,
  temporaryFolder,
  unpackDirectory,
} from "./unpack-directory.ts";

const good = packedDirectories("model-directories");

/** Every directory but the one whose Dense weights are a pickle. */
const readable = Object.entries(good).filter(([name]) => !name.endsWith("-bin"));

/** The description in the words of the golden. */
function summary(model: ModelDirectory): object {
  const modules = model.vectorModules.map((module) =>
    module.kind === "Dense" ? `dense-${module.activation}` : module.kind.toLowerCase(),
  );
  return {
    pooling: model.pooling.modes,
    modules,
    includePrompt: model.pooling.includePrompt,
    prompts: Object.fromEntries(Object.entries(model.prompts).filter(([, text]) => text !== "")),
    defaultPromptName: model.defaultPromptName,
    truncateDimension: model.truncateDimension,
    maxLengthTokens: model.maxLengthTokens,
    dimension: outputDimension(model),
  };
}

function outputDimension({ pooling, vectorModules }: ModelDirectory): number {
  const dense = vectorModules.findLast((module) => module.kind === "Dense");
  return dense?.outputSize ?? pooling.dimension * pooling.modes.length;
}

it("knows all golden directories", () => {
  expect(readable).toHaveLength(48);
});

it.each(readable)("reads %s", async (name, packed) => {
  const model = await readModelDirectory(await unpackDirectory(packed));
  const { spec, maxLengthTokens, dimension } = packed.expected as NonNullable<
    PackedDirectory["expected"]
  >;
  expect(summary(model)).toEqual({
    pooling: [spec.pooling].flat(),
    modules: spec.then ?? [],
    includePrompt: spec.include_prompt ?? true,
    prompts: spec.prompts ?? {},
    defaultPromptName: spec.default_prompt_name,
    truncateDimension: spec.truncate_dim,
    maxLengthTokens,
    dimension: spec.truncate_dim === undefined ? dimension : outputDimension(model),
  });
  expect(model.bare).toBe(name.startsWith("bare/"));
  expect(model.sentenceConfig.doLowerCase).toBe(name === "old/mean-do-lower-case");
  expect(model.modules.map(({ kind }) => kind).slice(0, 2)).toEqual(["Transformer", "Pooling"]);
  expect(model.similarity).toBe("cosine");
});

it("reads the values of a Dense module the same from both layouts", async () => {
  const [newer, older] = await Promise.all(
    ["new/mean-dense-tanh", "old/mean-dense-tanh"].map(async (name) =>
      readModelDirectory(await unpackDirectory(good[name] as PackedDirectory)),
    ),
  );
  const dense = newer?.vectorModules[0];
  expect(dense).toMatchObject({ kind: "Dense", inputSize: 16, outputSize: 12, activation: "tanh" });
  expect(dense?.kind === "Dense" && [dense.weight.length, dense.bias?.length]).toEqual([192, 12]);
  expect(older?.vectorModules).toEqual(newer?.vectorModules);
  const [identity] = (
    await readModelDirectory(
      await unpackDirectory(good["new/mean-dense-identity-normalize"] as PackedDirectory),
    )
  ).vectorModules;
  expect(identity?.kind === "Dense" && identity.bias).toBeUndefined();
});

describe("broken directories", () => {
  const says: Record<string, [code: string, message: RegExp]> = {
    "sentence-transformers/modules-unknown-type": [
      "UNSUPPORTED",
      /modules\.json: module type "custom_package\.Mystery"/,
    ],
    "sentence-transformers/modules-path-traversal": [
      "CONFIG_INVALID",
      /modules\.json: path "\.\.\/valid\/1_Pooling"/,
    ],
    "sentence-transformers/modules-absolute-path": [
      "CONFIG_INVALID",
      /modules\.json: path "\/etc"/,
    ],
    "sentence-transformers/modules-not-a-list": ["FILE_INVALID", /modules\.json: expected array/],
    "sentence-transformers/modules-empty": ["CONFIG_INVALID", /modules\.json: .* is empty/],
    "sentence-transformers/modules-pooling-first": [
      "CONFIG_INVALID",
      /modules\.json: the order of the modules is Pooling, Transformer/,
    ],
    "sentence-transformers/pooling-config-missing": [
      "FILE_NOT_FOUND",
      /1_Pooling.config\.json: no such file/,
    ],
    "sentence-transformers/pooling-unknown-mode": ["UNSUPPORTED", /pooling_mode "median"/],
    "sentence-transformers/pooling-wrong-dimension": [
      "CONFIG_INVALID",
      /1_Pooling.config\.json: embedding dimension 10, .* have 8/,
    ],
    "sentence-transformers/dense-wrong-shape": [
      "FILE_INVALID",
      /2_Dense.model\.safetensors: tensor "linear\.weight" has shape \[4, 9\], expected \[4, 8\]/,
    ],
    "sentence-transformers/dense-missing-bias": [
      "FILE_INVALID",
      /2_Dense.model\.safetensors: tensor "linear\.bias" is missing/,
    ],
    "sentence-transformers/dense-unknown-activation": [
      "UNSUPPORTED",
      /2_Dense.config\.json: activation_function "os\.system"/,
    ],
    "checkpoints/config-missing": ["FILE_NOT_FOUND", /config\.json: no such file/],
    "checkpoints/config-not-json": ["FILE_INVALID", /config\.json: is not JSON/],
    "checkpoints/config-empty": ["FILE_INVALID", /config\.json: is not JSON: the file is empty/],
    "checkpoints/config-is-an-array": ["FILE_INVALID", /config\.json: expected object \(\[\]\)/],
    "checkpoints/config-no-model-type": [
      "CONFIG_INVALID",
      /config\.json: model_type: expected string \(missing\)/,
    ],
    "checkpoints/config-no-hidden-size": ["CONFIG_INVALID", /config\.json: hidden_size is missing/],
    "checkpoints/config-text-for-number": ["CONFIG_INVALID", /config\.json: hidden_size .*"8"/],
  };
  const bad = packedDirectories("bad-directories");

  it.each(Object.entries(says))("%s", async (name, [code, message]) => {
    const directory = await unpackDirectory(bad[name] as PackedDirectory);
    const error = await readModelDirectory(directory).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code });
    expect(error.message.startsWith(directory)).toBe(true);
    expect(error.message).toMatch(message);
  });

  it.each(["sentence-transformers/valid", "checkpoints/valid"])("%s loads", async (name) => {
    const model = await readModelDirectory(await unpackDirectory(bad[name] as PackedDirectory));
    expect(model.pooling).toMatchObject({ dimension: 8, modes: ["mean"] });
  });

  it("a Dense module that is only a pickle says how to convert it", async () => {
    const packed = good["old/mean-dense-tanh-bin"] as PackedDirectory;
    await expect(readModelDirectory(await unpackDirectory(packed))).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/2_Dense.pytorch_model\.bin: .*save_pretrained/),
    });
  });

  it("a directory that is not there, and a file", async () => {
    const folder = await temporaryFolder();
    await expect(readModelDirectory(join(folder, "none"))).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    await writeFile(join(folder, "file"), "");
    await expect(readModelDirectory(join(folder, "file"))).rejects.toMatchObject({
      code: "FILE_INVALID",
    });
  });
});

/** A valid directory with one file replaced, merged into or added. */
async function withFile(path: string, change: object | ((json: never) => object)): Promise<string> {
  const packed = good["new/mean-dense-tanh"] as PackedDirectory;
  const old = packed.files[path];
  const json = typeof old === "string" ? JSON.parse(old) : {};
  const value =
    typeof change === "function"
      ? change(json as never)
      : Array.isArray(change)
        ? change
        : { ...json, ...change };
  return unpackDirectory({ files: { ...packed.files, [path]: JSON.stringify(value) } });
}

describe("what would change the vectors is refused by file and field", () => {
  const transformer = {
    type: "sentence_transformers.models.Transformer",
    path: "",
    idx: 0,
    name: "0",
  };
  it.each<[string, object, string, RegExp]>([
    ["1_Pooling/config.json", { pooling_layers: 2 }, "CONFIG_INVALID", /"pooling_layers"/],
    ["1_Pooling/config.json", { include_promt: false }, "CONFIG_INVALID", /mean "include_prompt"/],
    ["1_Pooling/config.json", { pooling_mode: ["mean", "avg"] }, "UNSUPPORTED", /"avg"/],
    ["1_Pooling/config.json", { pooling_mode: [] }, "CONFIG_INVALID", /pooling_mode/],
    [
      "1_Pooling/config.json",
      { embedding_dimension: "16" },
      "CONFIG_INVALID",
      /expected number \("16"\)/,
    ],
    ["2_Dense/config.json", { dropout: 0.1 }, "CONFIG_INVALID", /"dropout"/],
    ["2_Dense/config.json", { use_residual: true }, "UNSUPPORTED", /use_residual/],
    [
      "2_Dense/config.json",
      { module_input_name: "token_embeddings" },
      "UNSUPPORTED",
      /module_input_name/,
    ],
    ["2_Dense/config.json", { bias: false }, "FILE_INVALID", /unexpected tensor "linear\.bias"/],
    [
      "2_Dense/config.json",
      { in_features: 15 },
      "FILE_INVALID",
      /shape \[12, 16\], expected \[12, 15\]/,
    ],
    [
      "sentence_bert_config.json",
      { module_output_name: "sentence_embedding" },
      "UNSUPPORTED",
      /module_output_name/,
    ],
    [
      "sentence_bert_config.json",
      { transformer_task: "fill-mask" },
      "UNSUPPORTED",
      /transformer_task "fill-mask"/,
    ],
    [
      "sentence_bert_config.json",
      { modality_config: { image: {} } },
      "UNSUPPORTED",
      /modality_config/,
    ],
    [
      "sentence_bert_config.json",
      { modality_config: { text: { method: "get_text_features" } } },
      "UNSUPPORTED",
      /modality_config\.text/,
    ],
    ["sentence_bert_config.json", { query_length: 32 }, "UNSUPPORTED", /query_length 32/],
    [
      "sentence_bert_config.json",
      { model_args: { rotary_scaling_factor: 2 } },
      "UNSUPPORTED",
      /model_args\.rotary_scaling_factor 2/,
    ],
    [
      "sentence_bert_config.json",
      { max_sequence_length: 24 },
      "CONFIG_INVALID",
      /mean "max_seq_length"/,
    ],
    [
      "config_sentence_transformers.json",
      { model_type: "SparseEncoder" },
      "UNSUPPORTED",
      /"SparseEncoder"/,
    ],
    [
      "config_sentence_transformers.json",
      { similarity_fn_name: "maxsim" },
      "UNSUPPORTED",
      /"maxsim"/,
    ],
    [
      "config_sentence_transformers.json",
      { default_prompt_name: "qury" },
      "NAME_UNKNOWN",
      /mean "query"/,
    ],
    ["config_sentence_transformers.json", { truncate_dim: 0 }, "CONFIG_INVALID", /truncate_dim/],
    ["adapter_config.json", { peft_type: "LORA" }, "UNSUPPORTED", /adapter_config\.json/],
    ["modules.json", [transformer], "CONFIG_INVALID", /order of the modules is Transformer,/],
    ["modules.json", [{ ...transformer, kwargs: ["task"] }], "UNSUPPORTED", /kwargs \["task"\]/],
    [
      "modules.json",
      [{ ...transformer, type: "sentence_transformers.models.CNN" }],
      "UNSUPPORTED",
      /models\.CNN/,
    ],
  ])("%s %j", async (path, change, code, message) => {
    const error = await readModelDirectory(await withFile(path, change)).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code });
    // A Dense configuration that does not fit its weights is found in the weights.
    const named = code === "FILE_INVALID" ? "2_Dense/model.safetensors" : path;
    expect(error.message).toContain(join(named));
    expect(error.message).toMatch(message);
  });

  it("and what does not is let through", async () => {
    const directory = await withFile("sentence_bert_config.json", {
      model_args: { trust_remote_code: true, attn_implementation: "sdpa" },
      unpad_inputs: null,
      processing_kwargs: {},
    });
    expect((await readModelDirectory(directory)).maxLengthTokens).toBe(24);
  });
});

it("adds up the sizes of the modules", async () => {
  const directory = await withFile("1_Pooling/config.json", { pooling_mode: ["cls", "mean"] });
  await expect(readModelDirectory(directory)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(
      /2_Dense.config\.json: Dense takes vectors of size 16, but the module before gives 32/,
    ),
  });
});

it.each([
  ["torch.nn.modules.activation.ReLU", "relu"],
  ["torch.nn.modules.activation.GELU", "gelu"],
  ["torch.nn.Sigmoid", "sigmoid"],
  [undefined, "tanh"],
])("takes the Dense activation %s as %s", async (name, activation) => {
  const directory = await withFile("2_Dense/config.json", (json: object) => ({
    ...json,
    activation_function: name,
  }));
  expect((await readModelDirectory(directory)).vectorModules[0]).toMatchObject({ activation });
});

it("reads the older file names and a transformer in its own folder", async () => {
  const { files } = good["old/mean-shorter-max-seq-length"] as PackedDirectory;
  const moved = await unpackDirectory({ files });
  const modules = JSON.parse(files["modules.json"] as string) as { path: string }[];
  Object.assign(modules[0] as object, { path: "0_Transformer" });
  await writeFile(join(moved, "modules.json"), JSON.stringify(modules));
  for (const [from, to] of [
    ["config.json", "0_Transformer/config.json"],
    ["sentence_bert_config.json", "0_Transformer/sentence_distilbert_config.json"],
  ] as const) {
    await mkdir(dirname(join(moved, to)), { recursive: true });
    await rename(join(moved, from), join(moved, to));
  }
  const model = await readModelDirectory(moved);
  expect(model.maxLengthTokens).toBe(9);
  expect(model.transformerDirectory).toBe(join(moved, "0_Transformer"));
  expect(model.modules[0].path).toBe("0_Transformer");
});

it("has no longest sequence when nothing says one", async () => {
  const { files } = good["bare/tiny-bert"] as PackedDirectory;
  const config = JSON.parse(files["config.json"] as string);
  const { max_position_embeddings: _, ...rest } = config;
  const directory = await unpackDirectory({
    files: {
      "config.json": JSON.stringify(rest),
      "tokenizer_config.json": '{"model_max_length": 1000000000000000019884624838656}',
    },
  });
  expect((await readModelDirectory(directory)).maxLengthTokens).toBeUndefined();
});
