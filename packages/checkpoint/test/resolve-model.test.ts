import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  type DownloadProgress,
  encodeSafetensors,
  readModelDirectory,
  readWeights,
  resolveModel,
} from "@espalier/checkpoint";
import { describe, expect, it } from "vitest";
import { type FakeRepository, startFakeHub } from "./hub-server.ts";
import { type PackedDirectory, packedDirectories, temporaryFolder } from "./unpack-directory.ts";

const MODEL = "espalier/tiny";
const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** What a model repository of the Hub looks like, exports and pickles included. */
function repository(): FakeRepository {
  const packed = packedDirectories("model-directories")["old/mean-dense-tanh"] as PackedDirectory;
  const files: FakeRepository["files"] = {
    ".gitattributes": "* text",
    "README.md": "# tiny",
    "empty.json": "",
    "added_tokens.json": "",
    "model.safetensors": weights(),
    "pytorch_model.bin": "pickle",
    "onnx/model.onnx": "onnx",
    "onnx/config.json": "{}",
    "openvino/openvino_model.xml": "<xml/>",
    "tokenizer.json": "{}",
    "vocab.txt": "[PAD]\n",
    "heads/heads.json": "{}",
    "heads/heads.safetensors": weights(),
    "heads/notes.txt": "",
    "2_Dense/pytorch_model.bin": "pickle",
  };
  for (const [path, content] of Object.entries(packed.files))
    files[path] = typeof content === "string" ? content : Buffer.from(content.base64, "base64");
  return { commit: COMMIT, files, large: ["model.safetensors", "2_Dense/model.safetensors"] };
}

function weights(): Uint8Array {
  const data = Float32Array.from({ length: 50_000 }, (_, i) => i);
  return encodeSafetensors({ x: { dtype: "F32", shape: [50_000], data } });
}

const NEEDED = [
  "1_Pooling/config.json",
  "2_Dense/config.json",
  "2_Dense/model.safetensors",
  "added_tokens.json",
  "config.json",
  "config_sentence_transformers.json",
  "heads/heads.json",
  "heads/heads.safetensors",
  "model.safetensors",
  "modules.json",
  "sentence_bert_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "vocab.txt",
];

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}

async function setup(files?: FakeRepository["files"]) {
  const repo = repository();
  if (files !== undefined) repo.files = files;
  const hub = await startFakeHub({ [MODEL]: repo });
  const cacheDirectory = await temporaryFolder();
  return { hub, options: { cacheDirectory, hubUrl: hub.url, environment: {} } };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

describe("a local directory", () => {
  it("is itself, without a look at the network", async () => {
    const { hub, options } = await setup();
    const folder = await temporaryFolder();
    expect(await resolveModel(folder, options)).toBe(folder);
    expect(await resolveModel("packages", options)).toBe(resolve("packages"));
    expect(hub.requests).toEqual([]);
  });

  it("is not a file", async () => {
    const file = join(await temporaryFolder(), "model.safetensors");
    await writeFile(file, "");
    expect(await failure(resolveModel(file))).toMatchObject({ code: "FILE_INVALID" });
  });

  it.each(["./none", "/none/at/all", "a/b/c", "../up", "", "a--b", "~/model", "C:\\model"])(
    "%j is neither a directory nor a name of the Hub",
    async (name) => {
      const { hub, options } = await setup();
      expect(await failure(resolveModel(name, options))).toMatchObject({
        code: "FILE_NOT_FOUND",
        message: expect.stringMatching(/no such directory .*organisation\/name/),
      });
      expect(hub.requests).toEqual([]);
    },
  );
});

describe("a model of the Hub", () => {
  it("is downloaded once, only what is needed, and loads", async () => {
    const { hub, options } = await setup();
    const seen: DownloadProgress[] = [];
    const onProgress = (progress: DownloadProgress) => seen.push(progress);
    const directory = await resolveModel(MODEL, { ...options, onProgress });
    expect(directory).toBe(
      join(options.cacheDirectory, "models", "espalier--tiny", "snapshots", COMMIT),
    );
    expect(await filesBelow(directory)).toEqual(NEEDED);
    expect((await readModelDirectory(directory)).vectorModules).toHaveLength(1);
    expect((await readWeights(directory)).tensors.get("x")?.data[49_999]).toBe(49_999);
    expect(await readFile(join(directory, "..", "..", "refs", "main"), "utf8")).toBe(COMMIT);
    const last = seen.at(-1) as DownloadProgress;
    expect(last.receivedBytes).toBe(last.totalBytes);
    expect(
      seen.every(({ receivedBytes }, i) => receivedBytes > (seen[i - 1]?.receivedBytes ?? 0)),
    ).toBe(true);

    const { length } = hub.requests;
    expect(await resolveModel(MODEL, { ...options, offline: true })).toBe(directory);
    expect(await resolveModel(MODEL, { ...options, revision: COMMIT })).toBe(directory);
    expect(hub.requests).toHaveLength(length);
  });

  it("by commit needs no lookup of a branch; a second branch of the same commit no download", async () => {
    const { hub, options } = await setup();
    const directory = await resolveModel(MODEL, { ...options, revision: COMMIT });
    expect(hub.requests.some((request) => request.includes("/revision/"))).toBe(false);
    hub.requests.length = 0;
    expect(await resolveModel(MODEL, options)).toBe(directory);
    expect(hub.requests).toEqual([`GET /api/models/${MODEL}/revision/main`]);
  });

  it("may be sharded", async () => {
    const scalar = { dtype: "F32", shape: [], data: Float32Array.of(2) } as const;
    const { options } = await setup({
      "config.json": '{"model_type": "bert", "hidden_size": 8}',
      "model.safetensors.index.json": '{"weight_map": {"a": "model-00001-of-00001.safetensors"}}',
      "model-00001-of-00001.safetensors": encodeSafetensors({ a: scalar }),
    });
    const directory = await resolveModel(MODEL, options);
    expect((await readWeights(directory)).tensors.get("a")?.data[0]).toBe(2);
  });

  it("takes the server from HF_ENDPOINT and the cache from ESPALIER_CACHE", async () => {
    const { hub, options } = await setup();
    const environment = { HF_ENDPOINT: `${hub.url}/`, ESPALIER_CACHE: options.cacheDirectory };
    const directory = await resolveModel(MODEL, { environment });
    expect(directory.startsWith(options.cacheDirectory)).toBe(true);
  });

  it("downloaded twice at the same time is there once", async () => {
    const { options } = await setup();
    const [a, b] = await Promise.all([resolveModel(MODEL, options), resolveModel(MODEL, options)]);
    expect(a).toBe(b);
    expect(await filesBelow(a)).toEqual(NEEDED);
    expect(await readdir(options.cacheDirectory)).toEqual(["models"]);
  });
});

describe("a download that fails", () => {
  const says = {
    cut: /terminated|aborted|closed/,
    damaged: /arrived damaged, its hash is \w+, expected \w+/,
    short: /\d+ bytes arrived of \d+/,
    missing: /but does not have it/,
  };
  it.each(["cut", "damaged", "short", "missing"] as const)(
    "leaves nothing behind when a file is %s, and the next one succeeds",
    async (fault) => {
      for (const file of ["model.safetensors", "config.json"]) {
        const { hub, options } = await setup();
        hub.faults[file] = fault;
        const error = await failure(resolveModel(MODEL, options));
        expect(error).toMatchObject({ code: "NETWORK_FAILED" });
        expect(error.message).toContain(MODEL);
        expect(error.message).toMatch(says[fault]);
        expect(await readdir(options.cacheDirectory)).toEqual([]);
        delete hub.faults[file];
        expect(await filesBelow(await resolveModel(MODEL, options))).toEqual(NEEDED);
      }
    },
  );

  it("says where it looked and that use-lite needs no download", async () => {
    const { hub, options } = await setup();
    await hub.close();
    const folder = join(options.cacheDirectory, "models", "espalier--tiny");
    const error = await failure(resolveModel(MODEL, options));
    expect(error).toMatchObject({ code: "NETWORK_FAILED" });
    expect(error.message).toContain(folder);
    expect(error.message).toContain(hub.url);
    expect(error.message).toMatch(/ECONNREFUSED/);
    expect(error.message).toContain('"use-lite" is embedded and needs no download');
    expect(await readdir(options.cacheDirectory)).toEqual([]);
  });

  it.each([{ offline: true }, { environment: { HF_HUB_OFFLINE: "1" } }])(
    "does not ask the network with %j",
    async (more) => {
      const { hub, options } = await setup();
      expect(await failure(resolveModel(MODEL, { ...options, ...more }))).toMatchObject({
        code: "NETWORK_FAILED",
        message: expect.stringMatching(/downloads are switched off.*use-lite/),
      });
      expect(hub.requests).toEqual([]);
    },
  );

  it("explains a name that is neither a directory nor on the Hub", async () => {
    const { hub, options } = await setup();
    const error = await failure(resolveModel("espalier/tyni", options));
    expect(error).toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(error.message).toContain(resolve("espalier/tyni"));
    expect(error.message).toContain(`${hub.url} has no model of that name`);
    expect(await failure(resolveModel(MODEL, { ...options, revision: "v9" }))).toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining('revision "v9"'),
    });
  });

  it("does not start for weights that are only a pickle", async () => {
    const { hub, options } = await setup({ "config.json": "{}", "pytorch_model.bin": "pickle" });
    expect(await failure(resolveModel(MODEL, options))).toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/espalier\/tiny\/pytorch_model\.bin: .*save_pretrained/),
    });
    expect(hub.requests.some((request) => request.includes("/resolve/"))).toBe(false);
  });

  it("can be cancelled", async () => {
    const { options } = await setup();
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    const error = await failure(
      resolveModel(MODEL, { ...options, signal: abort.signal, onProgress }),
    );
    expect(error).toMatchObject({ code: "ABORTED" });
    expect(await readdir(options.cacheDirectory)).toEqual([]);
  });

  it("is not mistaken for a snapshot when the cache was emptied by hand", async () => {
    const { options } = await setup();
    const directory = await resolveModel(MODEL, options);
    await rm(directory, { recursive: true });
    await mkdir(join(directory, ".."), { recursive: true });
    expect(await resolveModel(MODEL, options)).toBe(directory);
    expect(await filesBelow(directory)).toEqual(NEEDED);
  });
});
