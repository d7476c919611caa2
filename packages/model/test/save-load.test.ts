import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestBackend } from "@espalier/backends/testing";
import { decodeSafetensors, encodeSafetensors, readModelDirectory } from "@espalier/checkpoint";
import { SentenceTransformer } from "@espalier/encoder";
import { classification } from "@espalier/heads";
import { MultiTaskModel, type Tasks } from "@espalier/model";
import * as tf from "@tensorflow/tfjs-core";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  expectTypeOf,
  it,
} from "vitest";
import { failure } from "./failure.ts";
import { batchOf, directoryOf, type GoldenTasks, goldenModel, readGolden } from "./golden-model.ts";

let folder: string;
let directory: string;
let model: MultiTaskModel<GoldenTasks>;
const texts = (await readGolden("tiny-bert")).texts;

beforeAll(async () => {
  await startTestBackend();
  const golden = await readGolden("tiny-bert");
  model = await goldenModel("tiny-bert", golden, { a: { classWeights: [1, 2, 3] } });
});
afterAll(() => model.dispose());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "model-"));
  directory = join(folder, "saved");
  await model.save(directory);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a saved model", () => {
  it("loads to the same bits", async () => {
    const loaded = await MultiTaskModel.load(directory);
    expect(Object.keys(loaded.tasks)).toEqual(["a", "b"]);
    expect(loaded.tasks.a?.config).toEqual(model.tasks.a.config);
    const parameters = (one: Pick<typeof model, "parameters">) =>
      one.parameters().map(({ path, variable }) => [path, variable.dataSync()]);
    expect(parameters(loaded)).toEqual(parameters(model));
    const [before, after] = [model, loaded].map((one) => {
      const logits = one.logits(batchOf(one, texts), { training: false });
      const values = [logits.a!.dataSync(), logits.b!.dataSync()];
      tf.dispose(logits);
      return values;
    });
    expect(after).toEqual(before);
    expect(await loaded.predict(texts)).toEqual(await model.predict(texts));
    loaded.dispose();
  });

  it("saves to the same bytes again", async () => {
    const loaded = await MultiTaskModel.load(directory);
    const again = join(folder, "again");
    await loaded.save(again);
    loaded.dispose();
    const files = await readdir(directory, { recursive: true });
    expect(await readdir(again, { recursive: true })).toEqual(files);
    expect(files).toContain(join("heads", "heads.json"));
    for (const file of files) {
      const bytes = await readFile(join(directory, file)).catch(() => undefined);
      if (bytes !== undefined)
        expect(bytes.equals(await readFile(join(again, file))), file).toBe(true);
    }
  });

  it("is a sentence transformer that knows nothing of the heads", async () => {
    const { modules } = JSON.parse(`{"modules":${await text("modules.json")}}`) as {
      modules: { path: string }[];
    };
    expect(modules.map(({ path }) => path)).toEqual(["", "1_Pooling"]);
    expect((await readModelDirectory(directory)).pooling.modes).toEqual(["cls"]);
    const encoder = await SentenceTransformer.load(directory);
    expect(await encoder.encode(texts)).toEqual(await model.encoder.encode(texts));
    encoder.dispose();
  });

  it("describes its heads", async () => {
    expect(JSON.parse(await text("heads/heads.json"))).toEqual({
      version: 1,
      dimension: 36,
      tasks: [
        {
          name: "a",
          head: {
            kind: "classification",
            labels: ["x", "y", "z"],
            dropout: 0,
            labelSmoothing: 0,
            classWeights: [1, 2, 3],
          },
        },
        {
          name: "b",
          head: { kind: "classification", labels: ["no", "yes"], dropout: 0, labelSmoothing: 0 },
        },
      ],
    });
  });

  it("is not replaced without being asked", async () => {
    const [code, message] = await failure(() => model.save(directory));
    expect(code).toBe("CONFIG_INVALID");
    expect(message).toContain(directory);
    await model.save(directory, { overwrite: true });
    expect(await readdir(folder)).toEqual(["saved"]);
  });

  it("keeps the order of tasks whose names are numbers, and models without tasks", async () => {
    const encoder = await SentenceTransformer.load(`${directoryOf("tiny-bert")}/encoder`);
    const empty = new MultiTaskModel(encoder, {}, { seed: 1 });
    await empty.save(join(folder, "empty"));
    const none = await MultiTaskModel.load(join(folder, "empty"));
    expect(none.tasks).toEqual({});
    none.dispose();
    empty.addTask("9", classification(["a", "b"]), { seed: 1 });
    empty.addTask("1", classification(["a", "b"]), { seed: 1 });
    await empty.save(join(folder, "numbers"));
    const loaded = await MultiTaskModel.load(join(folder, "numbers"));
    expect(
      loaded
        .parameters()
        .slice(-4)
        .map(({ path }) => path.name),
    ).toEqual(["heads.9.weight", "heads.9.bias", "heads.1.weight", "heads.1.bias"]);
    loaded.dispose();
    empty.dispose();
  });
});

describe("the tasks a program was written for", () => {
  const load = async (tasks: Tasks) => (await MultiTaskModel.load(directory, { tasks })).dispose();
  const b = classification(["no", "yes"]);

  it("type what a saved model predicts", async () => {
    const tasks = { b, a: classification(["x", "y", "z"]) };
    const loaded = await MultiTaskModel.load(directory, { tasks });
    const { a } = await loaded.predict("A bird.");
    expectTypeOf(a.label).toEqualTypeOf<"x" | "y" | "z">();
    expect(loaded.tasks.a.config.classWeights).toEqual([1, 2, 3]);
    loaded.dispose();
  });

  it("have to be the saved ones", async () => {
    const before = tf.memory().numTensors;
    expect(await failure(() => load({ b, aa: b }))).toEqual([
      "NAME_UNKNOWN",
      `${join(directory, "heads", "heads.json")}: there is no task "aa" (did you mean "a"?); tasks: a, b`,
    ]);
    expect((await failure(() => load({ b })))[1]).toMatch(
      /heads\.json: task "a" is not one of the expected b$/,
    );
    expect((await failure(() => load({ a: b, b })))[1]).toMatch(
      /heads\.json: task "a" is \["classification",\["x","y","z"\]\], expected \["classification",\["no","yes"\]\]$/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("broken heads are refused, and nothing stays in memory", () => {
  const heads = () => join(directory, "heads", "heads.json");
  const edit = async (change: (config: SavedConfig) => void) => {
    const config = JSON.parse(await readFile(heads(), "utf8"));
    change(config);
    await writeFile(heads(), JSON.stringify(config));
  };
  const editTensors = async (
    change: (tensors: Map<string, { shape: readonly number[] }>) => void,
  ) => {
    const path = join(directory, "heads", "heads.safetensors");
    const tensors = new Map(decodeSafetensors(new Uint8Array(await readFile(path))).tensors);
    change(tensors as never);
    await writeFile(path, encodeSafetensors(tensors));
  };

  it.each<[string, () => Promise<unknown>, string, RegExp]>([
    [
      "a trunk without heads",
      () => rm(join(directory, "heads"), { recursive: true }),
      "FILE_NOT_FOUND",
      /saved: is no multi-task model, there is no heads\/heads\.json; .*SentenceTransformer\.load$/,
    ],
    ["no JSON", () => writeFile(heads(), "{"), "FILE_INVALID", /heads\.json: is not JSON: /],
    ["no object", () => writeFile(heads(), "[]"), "CONFIG_INVALID", /heads\.json: expected object/],
    ["null", () => writeFile(heads(), "null"), "CONFIG_INVALID", /heads\.json: expected object/],
    [
      "a later version",
      () => edit((config) => Object.assign(config, { version: 2 })),
      "UNSUPPORTED",
      /heads\.json: has version 2, this program reads version 1; a newer one is needed$/,
    ],
    [
      "an unknown key",
      () => edit((config) => Object.assign(config, { taks: [] })),
      "CONFIG_INVALID",
      /heads\.json: unknown key "taks" \(did you mean "tasks"\?\)$/,
    ],
    [
      "another dimension",
      () => edit((config) => Object.assign(config, { dimension: 32 })),
      "FILE_INVALID",
      /heads\.safetensors: tensor "heads\.a\.weight" has shape \[3, 36\], expected \[3, 32\]$/,
    ],
    [
      "an unknown kind",
      () => edit((config) => Object.assign(config.tasks[0].head, { kind: "clasification" })),
      "CONFIG_INVALID",
      /heads\.json: tasks\.0 \("a"\): kind "clasification" is not one of classification, multi-label, ordinal, regression \(did you/,
    ],
    [
      "a label twice",
      () => edit((config) => Object.assign(config.tasks[1].head, { labels: ["a", "a"] })),
      "CONFIG_INVALID",
      /heads\.json: tasks\.1 \("b"\): labels: "a" occurs twice/,
    ],
    [
      "a task twice",
      () => edit((config) => Object.assign(config.tasks[1], { name: "a" })),
      "CONFIG_INVALID",
      /heads\.json: tasks\.1: there are two tasks "a"$/,
    ],
    [
      "a bad name",
      () => edit((config) => Object.assign(config.tasks[1], { name: "../b" })),
      "CONFIG_INVALID",
      /heads\.json: tasks\.1\.name: a name has letters, digits, _ and - only$/,
    ],
    [
      "another number of labels",
      () => edit((config) => Object.assign(config.tasks[1].head, { labels: ["a", "b", "c"] })),
      "FILE_INVALID",
      /heads\.safetensors: tensor "heads\.b\.weight" has shape \[2, 36\], expected \[3, 36\]$/,
    ],
    [
      "a missing tensor",
      () => editTensors((tensors) => tensors.delete("heads.b.bias")),
      "FILE_INVALID",
      /heads\.safetensors: tensor "heads\.b\.bias" is missing/,
    ],
    [
      "a tensor of no task",
      () => editTensors((tensors) => tensors.set("heads.c.bias", tensors.get("heads.b.bias")!)),
      "FILE_INVALID",
      /heads\.safetensors: tensor "heads\.c\.bias" belongs to no task of heads\/heads\.json \(a, b\)$/,
    ],
    [
      "no tensors",
      () => rm(join(directory, "heads", "heads.safetensors")),
      "FILE_NOT_FOUND",
      /heads\.safetensors/,
    ],
    [
      "half a file",
      () => writeFile(join(directory, "heads", "heads.safetensors"), new Uint8Array(20)),
      "FILE_INVALID",
      /heads\.safetensors/,
    ],
    [
      "broken weights of the trunk",
      () => writeFile(join(directory, "model.safetensors"), new Uint8Array(20)),
      "FILE_INVALID",
      /saved\/model\.safetensors/,
    ],
  ])("%s", async (_name, damage, code, message) => {
    await damage();
    const before = tf.memory().numTensors;
    const [gotCode, gotMessage] = await failure(() => MultiTaskModel.load(directory));
    expect(gotMessage).toMatch(message);
    expect(gotCode).toBe(code);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("heads of another trunk", async () => {
    const other = await readGolden("tiny-distilbert");
    const narrow = await goldenModel("tiny-distilbert", other);
    await narrow.save(join(folder, "narrow"));
    narrow.dispose();
    for (const file of ["heads.json", "heads.safetensors"])
      await writeFile(
        join(directory, "heads", file),
        await readFile(join(folder, "narrow", "heads", file)),
      );
    const before = tf.memory().numTensors;
    const [code, message] = await failure(() => MultiTaskModel.load(directory));
    expect(code).toBe("CONFIG_INVALID");
    expect(message).toMatch(/heads\.json: dimension is 32, but the trunk's vectors have 36$/);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("names that are no models", async () => {
    expect((await failure(() => MultiTaskModel.load("use-lite")))[1]).toContain(
      "use-lite: is a trunk without heads",
    );
    const missing = join(folder, "missing");
    const [code, message] = await failure(() => MultiTaskModel.load(missing));
    expect(code).toBe("FILE_NOT_FOUND");
    expect(message).toContain(missing);
  });
});

interface SavedConfig {
  tasks: [{ head: object }, { head: object }];
}

async function text(path: string): Promise<string> {
  return readFile(join(directory, path), "utf8");
}
