import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBackend } from "@espalier/backends";
import { SentenceTransformer } from "@espalier/encoder";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeOnnxDirectory } from "../src/peers/onnx-directory.ts";
import { encode } from "../src/suites/encode.ts";
import { encodeProducts } from "../src/workloads/encode-products.ts";
import { flops, neededProducts } from "../src/workloads/matrix-products.ts";
import { writeModel } from "../src/workloads/write-model.ts";
import { peerWith, suiteContext, tinyShape } from "./suite-context.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "bench-encode-"));
  await startBackend("cpu");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it.each(["bert", "distilbert"] as const)(
  "exports a %s that gives the same vectors in ONNX Runtime",
  async (architecture) => {
    const from = join(directory, architecture);
    const to = join(directory, `${architecture}-onnx`);
    await writeModel(from, { ...tinyShape, architecture });
    const model = await SentenceTransformer.load(from, { pooling: "cls" });
    await writeOnnxDirectory(from, model, to);
    expect(await readdir(to)).toContain("tokenizer.json");
    const session = await InferenceSession.create(join(to, "onnx", "model.onnx"));
    const texts = ["the service was good", "slow"];
    const ids = texts.map((text) => [...model.tokenize(text).ids]);
    const longest = Math.max(...ids.map(({ length }) => length));
    const tensor = (value: (row: number[], t: number) => number): Tensor =>
      new Tensor(
        "int64",
        BigInt64Array.from(
          ids.flatMap((row) => Array.from({ length: longest }, (_, t) => BigInt(value(row, t)))),
        ),
        [ids.length, longest],
      );
    const { last_hidden_state: states } = await session.run({
      input_ids: tensor((row, t) => row[t] ?? 0),
      attention_mask: tensor((row, t) => (t < row.length ? 1 : 0)),
      ...(architecture === "bert" ? { token_type_ids: tensor(() => 0) } : {}),
    });
    const { data, dimension } = await model.encode(texts);
    const theirs = states?.data as Float32Array;
    for (const row of ids.keys())
      for (let d = 0; d < dimension; d++)
        expect(theirs[row * longest * dimension + d]).toBeCloseTo(
          data[row * dimension + d] as number,
          5,
        );
    await session.release();
    model.dispose();
  },
);

it("counts the products of a training forward where one token is read", async () => {
  const from = join(directory, "count");
  await writeModel(from, tinyShape);
  const model = await SentenceTransformer.load(from, { pooling: "cls" });
  const { batch, lengthTokens } = tinyShape;
  const found = encodeProducts(model, Array(batch).fill(lengthTokens), batch);
  const { dense, attention } = neededProducts(tinyShape);
  expect(found.flops).toBe(flops([...dense, ...attention]));
  expect(flops(found.dense)).toBe(flops(dense));
  model.dispose();
});

it("times a user's texts on a user's model and names peers with other vectors", async () => {
  const modelDirectory = join(directory, "own");
  await writeModel(modelDirectory, tinyShape);
  const texts = { name: "mine.txt", texts: ["good food", "bad food", "slow"], oneAtATime: false };
  const { measurements, skipped } = await encode().run({
    ...suiteContext(directory),
    modelDirectory,
    texts,
    python: peerWith({ sample: [[9, 9, 9, 9]] }),
  });
  expect(measurements.map(({ work }) => work)).toEqual(["own mine.txt"]);
  expect(measurements[0]?.series[0]?.shareOfLimit).toBeGreaterThan(0);
  const named = skipped.find(({ contender }) => contender === "sentence-transformers");
  expect(named?.reason).toMatch(/^gives other vectors: text 0, value 0 is 9\.00000/);
});
