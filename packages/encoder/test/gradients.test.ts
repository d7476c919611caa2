import { startTestBackend, testBackends } from "@espalier/backends/testing";
import { SentenceTransformer } from "@espalier/encoder";
import { linear, softmaxCrossEntropy } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { expectClose, fixture, type Golden, golden, goldens } from "./golden.ts";

/** Of the reference; the exact gradient of a key bias is zero, what it has is rounding. */
const CLOSE = { atol: 5e-6, rtol: 1e-3 };

describe.each(testBackends())("%s", (backend) => {
  beforeAll(() => startTestBackend(backend));

  it.each([
    ["tiny-bert", 2.08613],
    ["tiny-distilbert", 1.9913],
    ["tiny-modernbert", 1.74603],
    ["tiny-mpnet", 1.91853],
    ["tiny-roberta", 2.01095],
  ] as const)("%s: gradients of the reference", async (name, loss) => {
    const values = goldens("models", name, "gradients.safetensors");
    const model = await SentenceTransformer.load(fixture("models", name), { pooling: "cls" });
    const before = tf.memory().numTensors;
    const batch = model.collate(encodings(values));
    const entries = model.parameters.entries();
    const { value, grads } = tf.variableGrads(() => {
      const vectors = model.forward(batch, { training: false });
      const losses = ["a", "b"].map((task) => {
        const logits = linear(
          vectors,
          tensor(golden(values, `init.classifier_${task}.weight`)) as tf.Tensor2D,
          tensor(golden(values, `init.classifier_${task}.bias`)) as tf.Tensor1D,
        );
        return softmaxCrossEntropy(
          logits,
          tf.tensor1d(golden(values, `batch.labels_${task}.full`).data, "int32"),
        ).loss;
      });
      return tf.addN(losses) as tf.Scalar;
    });
    expect((await value.data())[0]).toBeCloseTo(loss, 5);
    for (const { path, variable } of entries) {
      const wanted = golden(values, `grad.${path.name}`).data;
      const gradient = grads[variable.name];
      if (gradient === undefined) throw new Error(`${path.name} has no gradient`);
      expectClose(await gradient.data(), wanted, CLOSE);
    }
    tf.dispose([value, grads]);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

function encodings(values: ReadonlyMap<string, Golden>) {
  const { shape, data } = golden(values, "batch.input_ids");
  const columns = shape[1] as number;
  return Array.from(golden(values, "batch.lengths").data, (length, b) => ({
    ids: Int32Array.from(data.subarray(b * columns, b * columns + length)),
  }));
}

function tensor({ shape, data }: Golden): tf.Tensor {
  return tf.tensor(data, [...shape]);
}
