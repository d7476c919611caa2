import { startTestBackend } from "@espalier/backends/testing";
import { createRng, type Rng } from "@espalier/core";
import { SentenceTransformer } from "@espalier/encoder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture } from "./golden.ts";

const TEXTS = ["A man is playing the guitar.", "Two dogs are running along the beach."];

const PLACES = {
  "tiny-bert": [
    "embeddings",
    ...[0, 1].flatMap((layer) => [
      `encoder.layer.${layer}.attention.self.query.probabilities`,
      `encoder.layer.${layer}.attention.output.dense`,
      `encoder.layer.${layer}.output.dense`,
    ]),
  ],
  "tiny-distilbert": [
    "embeddings",
    ...[0, 1].flatMap((layer) => [
      `transformer.layer.${layer}.attention.q_lin.probabilities`,
      `transformer.layer.${layer}.ffn.lin2`,
    ]),
  ],
};

describe.each([
  ["tiny-bert", "mean"],
  ["tiny-distilbert", "cls"],
] as const)("%s, %s pooling", (name, pooling) => {
  let model: SentenceTransformer;
  beforeAll(async () => {
    await startTestBackend();
    model = await SentenceTransformer.load(fixture("models", name), { pooling });
  });
  afterAll(() => model.dispose());

  async function vectors(training: boolean, step?: number): Promise<Float32Array> {
    const batch = model.collate(TEXTS.map((text) => model.tokenize(text)));
    const rng = step === undefined ? {} : { rng: createRng(7).fork(step) };
    const output = model.forward(batch, { training, ...rng });
    const data = await output.data<"float32">();
    output.dispose();
    return data;
  }

  it("drops only in training, and the same where the stream is the same", async () => {
    const plain = await vectors(false, 1);
    expect(await vectors(false)).toEqual(plain);
    const first = await vectors(true, 1);
    expect(first).not.toEqual(plain);
    expect(await vectors(true, 1)).toEqual(first);
    expect(await vectors(true, 2)).not.toEqual(first);
  });

  it("draws a stream of its own at each place where Hugging Face drops", () => {
    const places: (string | number)[] = [];
    const step: Rng = {
      ...createRng(1),
      fork(place) {
        places.push(place);
        return createRng(places.length);
      },
      bytes: () => {
        throw new Error("drawn from the step's own stream");
      },
    };
    const batch = model.collate(TEXTS.map((text) => model.tokenize(text)));
    model.forward(batch, { training: true, rng: step }).dispose();
    expect(places).toEqual(PLACES[name]);
  });

  it("needs a stream to drop", async () => {
    await expect(vectors(true)).rejects.toThrow("context.rng");
  });
});
