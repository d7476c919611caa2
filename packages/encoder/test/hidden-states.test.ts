import { readFileSync } from "node:fs";
import { startTestBackend, testBackends } from "@espalier/backends/testing";
import { SentenceTransformer } from "@espalier/encoder";
import { gradients } from "@espalier/ops";
import type { Encoding, TextInput } from "@espalier/tokenizer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClose, fixture, golden, goldens, type Tolerance } from "./golden.ts";

const EVAL = { training: false };

interface Texts {
  texts: string[];
  pairs: [string, string][];
  batches: Record<string, { texts?: number[]; pairs?: number[]; max_length: number }>;
  /** Of their own library. */
  tolerance: Tolerance;
}

describe.each(testBackends())("%s", (backend) => {
  beforeAll(() => startTestBackend(backend));

  describe.each([
    "tiny-bert",
    "tiny-distilbert",
    "tiny-modernbert",
    "tiny-mpnet",
    "tiny-roberta",
    "tiny-xlm-roberta",
  ])("%s", (name) => {
    const values = goldens("models", name, "golden.safetensors");
    const content = readFileSync(fixture("models", name, "golden.json"), "utf8");
    const { texts, pairs, batches, tolerance }: Texts = JSON.parse(content);
    const CLOSE = { ...tolerance, atol: tolerance.atol / 2 };
    const layers = [...values.keys()].filter((key) => key.startsWith("mixed.hidden_states")).length;
    const topStates = `mixed.hidden_states.${layers}`;
    let model: SentenceTransformer;
    beforeAll(async () => {
      model = await SentenceTransformer.load(fixture("models", name));
    });
    afterAll(() => model.dispose());

    const inputs = (batch: string): TextInput[] => {
      const chosen = batches[batch];
      return (chosen?.texts?.map((i) => texts[i]) ??
        chosen?.pairs?.map((i) => pairs[i])) as TextInput[];
    };
    const encode = (batch: string): Encoding[] =>
      inputs(batch).map((text) =>
        model.tokenizer.encode(text, { maxLengthTokens: batches[batch]?.max_length as number }),
      );

    it.each(Object.keys(batches))("%s: the tokens of the reference", (batch) => {
      const { shape, data } = golden(values, `${batch}.input_ids`);
      const lengths = golden(values, `${batch}.lengths`).data;
      const columns = shape[1] as number;
      for (const [b, { ids }] of encode(batch).entries()) {
        const row = data.subarray(b * columns, b * columns + (lengths[b] as number));
        expect(Array.from(ids)).toEqual(Array.from(row));
      }
    });

    it("has the same vectors without padding, and where gradients are taken", () => {
      const [short, long] = texts
        .map((text) => model.tokenize(text))
        .sort((a, b) => a.ids.length - b.ids.length)
        .slice(-2) as [Encoding, Encoding];
      expect(long.ids.length).toBeGreaterThan(short.ids.length);
      const vectors = (encodings: Encoding[]) => model.forward(model.collate(encodings), EVAL);
      const first = (encodings: Encoding[]) =>
        tf.tidy(() => tf.slice(vectors(encodings), [0, 0], [1, -1]).dataSync<"float32">());
      const alone = first([short]);
      expectClose(first([short, short]), alone, CLOSE);
      expectClose(first([short, long]), alone, CLOSE);
      const variable = model.parameters.get(model.wordTable.name);
      const sum = (): tf.Scalar => tf.sum(tf.square(vectors([short])));
      const found = gradients(sum, { variable });
      const squares = alone.reduce((total, x) => total + x * x, 0);
      expectClose(found.value.dataSync<"float32">(), [squares], CLOSE);
      tf.dispose([found.value, found.gradients]);
    });

    it.each(Object.keys(batches))("%s: the states after every layer", async (batch) => {
      const packed = model.collate(encode(batch));
      for (const layer of [0, 1]) {
        const states = model.states(packed, EVAL, layer);
        const actual = await states.data<"float32">();
        const width = states.shape[1];
        states.dispose();
        const { shape, data } = golden(values, `${batch}.hidden_states.${layer + 1}`);
        for (let b = 0; b < packed.texts; b++) {
          const [start, end] = [packed.starts[b] as number, packed.starts[b + 1] as number];
          const at = b * (shape[1] as number) * width;
          const wanted = data.subarray(at, at + (end - start) * width);
          expectClose(actual.subarray(start * width, end * width), wanted, CLOSE);
        }
      }
    });

    it.each(["cls", "lasttoken"] as const)("%s: one token a text", async (pooling) => {
      const reader = await SentenceTransformer.load(fixture("models", name), { pooling });
      const vectors = reader.forward(reader.collate(encode("mixed")), EVAL);
      const actual = await vectors.data<"float32">();
      const { shape, data } = golden(values, topStates);
      const [, columns, width] = shape as [number, number, number];
      for (const [b, length] of golden(values, "mixed.lengths").data.entries()) {
        const at = (b * columns + (pooling === "cls" ? 0 : length - 1)) * width;
        const wanted = data.subarray(at, at + width);
        expectClose(actual.subarray(b * width, (b + 1) * width), wanted, CLOSE);
      }
      vectors.dispose();
      reader.dispose();
    });

    it("encodes batches of all sizes", async () => {
      const maxLengthTokens = batches.mixed?.max_length as number;
      const reader = await SentenceTransformer.load(fixture("models", name), {
        pooling: "mean",
        maxLengthTokens,
      });
      const { shape, data } = golden(values, topStates);
      const [, columns, width] = shape as [number, number, number];
      const lengths = golden(values, "mixed.lengths").data;
      const wanted = Array.from(lengths, (length, b) =>
        Array.from({ length: width }, (_, d) => {
          let sum = 0;
          for (let t = 0; t < length; t++) sum += data[(b * columns + t) * width + d] as number;
          return sum / length;
        }),
      );
      for (const batchSize of [3, 1, 11]) {
        const found = await reader.encode(texts, { batchSize });
        expectClose(found.data, wanted.flat(), CLOSE);
      }
      reader.dispose();
    });

    it("gives the same vectors from every boundary", async () => {
      const packed = model.collate(encode("mixed"));
      const before = tf.memory().numTensors;
      const whole = model.forward(packed, EVAL);
      const wanted = await whole.data();
      for (let afterLayer = 0; afterLayer < layers; afterLayer++) {
        const states = model.states(packed, EVAL, afterLayer);
        const rest = model.forwardFrom({ afterLayer }, states, packed, EVAL);
        expect(rest.shape).toEqual([packed.texts, model.dimension]);
        expectClose(await rest.data(), wanted, { atol: 1e-6, rtol: 0 });
        tf.dispose([states, rest]);
      }
      const fromText = model.forwardFrom("text", undefined, packed, EVAL);
      const fromPooled = model.forwardFrom("pooled", whole, packed, EVAL);
      expect(await fromText.data()).toEqual(wanted);
      expect(await fromPooled.data()).toEqual(wanted);
      tf.dispose([whole, fromText, fromPooled]);
      expect(tf.memory().numTensors).toBe(before);
    });

    it("refuses layers that are not there and states of another shape", () => {
      const packed = model.collate(encode("mixed"));
      const wrong = tf.zeros([3, model.dimension]) as tf.Tensor2D;
      expect(() => model.states(packed, EVAL, layers)).toThrow(
        `layer is ${layers}, expected 0 to ${layers - 1}`,
      );
      expect(() => model.forwardFrom({ afterLayer: 1 }, wrong, packed, EVAL)).toThrow(
        `states have shape [3, ${model.dimension}], expected [${packed.ids.length}, ${model.dimension}]`,
      );
      expect(() => model.forwardFrom("pooled", wrong, packed, EVAL)).toThrow(
        `expected [${packed.texts}, ${model.dimension}]`,
      );
      wrong.dispose();
    });
  });
});
