import { startTestBackend } from "@espalier/backends/testing";
import { createRng } from "@espalier/core";
import { SentenceTransformer } from "@espalier/encoder";
import { classification } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { failure } from "./failure.ts";
import { batchOf, directoryOf } from "./golden-model.ts";

const TEXTS = [
  "A man in a white suit walks outside carrying a newspaper.",
  "Two green birds fly.",
  "A train traveling down the tracks.",
  "Two green birds fly.",
  "",
];
const tasks = () => ({
  domain: classification(["product", "movie", "restaurant"]),
  sentiment: classification(["negative", "positive"]),
});

async function createModel(seed = 1) {
  const encoder = await SentenceTransformer.load(`${directoryOf("tiny-distilbert")}/encoder`);
  return new MultiTaskModel(encoder, tasks(), { seed });
}

let model: Awaited<ReturnType<typeof createModel>>;
let tensorsBefore = 0;

beforeAll(() => startTestBackend());
beforeEach(async () => {
  tensorsBefore = tf.memory().numTensors;
  model = await createModel();
});
afterEach(() => {
  model.dispose();
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

describe("parameters", () => {
  it("are the trunk's, then the heads' in the order of the tasks", () => {
    const all = model.parameters();
    const heads = all.slice(-4);
    expect(heads.map(({ path }) => path)).toEqual([
      { name: "heads.domain.weight", group: "head", task: "domain", size: 96 },
      { name: "heads.domain.bias", group: "head", task: "domain", size: 3 },
      { name: "heads.sentiment.weight", group: "head", task: "sentiment", size: 64 },
      { name: "heads.sentiment.bias", group: "head", task: "sentiment", size: 2 },
    ]);
    expect(heads[0]?.variable.shape).toEqual([3, 32]);
    expect(all.slice(0, -4).map(({ path }) => path.name)).toEqual(
      model.encoder.parameters.paths().map(({ name }) => name),
    );
    for (const { path, variable } of all) expect(path.size).toBe(variable.size);
  });

  it("of the heads depend on the seed and the task's name", async () => {
    const weights = (one: typeof model, task: string) =>
      [...one.parameters()]
        .find(({ path }) => path.name === `heads.${task}.weight`)!
        .variable.dataSync();
    const [same, other] = [await createModel(1), await createModel(2)];
    expect(weights(same, "domain")).toEqual(weights(model, "domain"));
    expect(weights(other, "domain")).not.toEqual(weights(model, "domain"));
    same.dispose();
    other.dispose();
  });
});

describe("logits", () => {
  it("come from one forward, from vectors as from a batch", () => {
    const batch = batchOf(model, TEXTS.slice(0, 3));
    let forwards = 0;
    const forward = model.encoder.forward.bind(model.encoder);
    model.encoder.forward = (...args) => {
      forwards++;
      return forward(...args);
    };
    const logits = model.logits(batch, { training: false });
    expect(forwards).toBe(1);
    const vectors = forward(batch, { training: false });
    const again = model.logitsFrom(vectors, { training: false });
    expect([logits.domain.shape, logits.sentiment.shape]).toEqual([
      [3, 3],
      [3, 2],
    ]);
    expect(again.domain.dataSync()).toEqual(logits.domain.dataSync());
    expect(again.sentiment.dataSync()).toEqual(logits.sentiment.dataSync());
    tf.dispose([logits, again, vectors]);
  });

  it("drop in training, for each task and step differently", () => {
    const vectors = tf.ones([2, 32]) as tf.Tensor2D;
    const run = (seed: number) =>
      tf.tidy(() => {
        const context = { training: true, rng: createRng(seed) };
        return [...model.logitsFrom(vectors, context).domain.dataSync()];
      });
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    vectors.dispose();
  });

  it("drop for each task what the other tasks have no part in", () => {
    const vectors = tf.ones([2, 32]) as tf.Tensor2D;
    const sentiment = () =>
      tf.tidy(() => {
        const context = { training: true, rng: createRng(3) };
        return [...model.logitsFrom(vectors, context).sentiment.dataSync()];
      });
    const before = sentiment();
    model.removeTask("domain");
    expect(sentiment()).toEqual(before);
    vectors.dispose();
  });

  it("need vectors of the trunk's size", async () => {
    const vectors = tf.ones([2, 31]) as tf.Tensor2D;
    expect(await failure(() => model.logitsFrom(vectors, { training: false }))).toEqual([
      "SHAPE_MISMATCH",
      "vectors have shape [2, 31], expected [B, 32]",
    ]);
    vectors.dispose();
  });
});

describe("losses", () => {
  it("refuse unknown tasks and other lengths", async () => {
    const logits = model.logits(batchOf(model, TEXTS.slice(0, 2)), { training: false });
    const unknown = { sentimnt: Int32Array.of(0, 1) };
    expect(await failure(() => model.losses(logits, unknown as never))).toEqual([
      "NAME_UNKNOWN",
      'there is no task "sentimnt" (did you mean "sentiment"?); tasks: domain, sentiment',
    ]);
    expect(await failure(() => model.losses(logits, { domain: Int32Array.of(0) }))).toEqual([
      "SHAPE_MISMATCH",
      'task "domain": 1 targets for 2 rows of logits',
    ]);
    expect(await failure(() => model.losses(logits, { domain: Float32Array.of(0, 1) }))).toEqual([
      "SHAPE_MISMATCH",
      'task "domain": the targets are float32, a head of kind classification takes int32',
    ]);
    tf.dispose(logits);
  });

  it("name place and task of a label that is unknown", async () => {
    expect(model.encodeLabel("domain", "movie", "x")).toBe(1);
    expect(
      await failure(() => model.encodeLabel("sentiment", "postive", "reviews.jsonl:7")),
    ).toEqual([
      "NAME_UNKNOWN",
      'reviews.jsonl:7: label "postive" of task "sentiment" is not one of negative, positive (did you mean "positive"?)',
    ]);
  });
});

describe("predict", () => {
  it("is typed by the labels", async () => {
    const one = await model.predict("Two green birds fly.");
    expectTypeOf(one.domain.label).toEqualTypeOf<"product" | "movie" | "restaurant">();
    expectTypeOf(one.sentiment.scores).toEqualTypeOf<
      Readonly<Record<"negative" | "positive", number>>
    >();
    // @ts-expect-error not a task
    expect(one.topic).toBeUndefined();
    expect(["product", "movie", "restaurant"]).toContain(one.domain.label);
    const { negative, positive } = one.sentiment.scores;
    expect(negative + positive).toBeCloseTo(1, 12);
  });

  it("gives one row a text, in order, whatever the batch size", async () => {
    const all = await model.predict(TEXTS);
    expect(all).toHaveLength(TEXTS.length);
    expect(all[3]).toEqual(all[1]);
    const small = await model.predict(TEXTS, { batchSize: 1 });
    for (const [i, text] of TEXTS.entries()) {
      const alone = await model.predict(text);
      for (const other of [alone, small[i]!]) {
        expect(other.domain.label).toBe(all[i]!.domain.label);
        expect(other.domain.scores.movie).toBeCloseTo(all[i]!.domain.scores.movie, 5);
      }
    }
    expect(await model.predict([])).toEqual([]);
  });

  it("takes pairs as one sequence", async () => {
    const [pair, single] = await model.predict([["Two birds.", "A train."], "Two birds."]);
    expect(pair?.domain.scores).not.toEqual(single?.domain.scores);
  });

  it("gives the vectors out of the same forward", async () => {
    const { predictions, embeddings } = await model.predictAndEmbed(TEXTS);
    const encoded = await model.encoder.encode(TEXTS);
    expect(embeddings).toEqual(encoded);
    expect(predictions).toEqual(await model.predict(TEXTS));
  });

  it("names a logit that is not finite", async () => {
    const bias = model.parameters().at(-1)!.variable;
    tf.tidy(() => bias.assign(tf.tensor1d([0, Number.NaN])));
    const [code, message] = await failure(() => model.predict("a"));
    expect([code, message]).toEqual([
      "NOT_FINITE",
      'classification: the logit of "positive" is NaN',
    ]);
  });

  it("can be cancelled", async () => {
    const signal = AbortSignal.abort();
    expect((await failure(() => model.predict(TEXTS, { signal })))[0]).toBe("ABORTED");
  });
});

describe("tasks", () => {
  it("can be added without changing what the others say", async () => {
    const before = await model.predict(TEXTS);
    const topic = classification(["train", "bird"]);
    const wider = model.addTask("topic", topic, { seed: 7 });
    expect(wider).toBe(model);
    const after = await wider.predict(TEXTS);
    expectTypeOf(after[0]!.topic.label).toEqualTypeOf<"train" | "bird">();
    expectTypeOf(after[0]!.domain.label).toEqualTypeOf<"product" | "movie" | "restaurant">();
    expect(after.map(({ domain, sentiment }) => ({ domain, sentiment }))).toEqual(before);
    expect(Object.keys(after[0]!)).toEqual(["domain", "sentiment", "topic"]);
    expect(Object.keys(wider.tasks)).toEqual(["domain", "sentiment", "topic"]);
    expect(wider.tasks.topic).toBe(topic);
  });

  it("of one seed start from values of their own", () => {
    const values = ["one", "two"].map((name) => {
      model.addTask(name, classification(["a", "b"]), { seed: 7 });
      return model.parameters().at(-2)!.variable.dataSync();
    });
    expect(values[0]).not.toEqual(values[1]);
  });

  it("start from the same values, added now or later", async () => {
    const { encoder } = model;
    const values = (one: Pick<typeof model, "parameters">) =>
      one
        .parameters()
        .find(({ path }) => path.name === "heads.topic.weight")!
        .variable.dataSync();
    const topic = classification(["train", "bird"]);
    const first = new MultiTaskModel(encoder, { topic }, { seed: 7 });
    expect(values(model.addTask("topic", topic, { seed: 7 }))).toEqual(values(first));
    first.removeTask("topic");
  });

  it("can be removed", async () => {
    const before = await model.predict(TEXTS);
    const narrower = model.removeTask("domain");
    const after = await narrower.predict(TEXTS);
    expect(after).toEqual(before.map(({ sentiment }) => ({ sentiment })));
    // @ts-expect-error removed
    expect(after[0]!.domain).toBeUndefined();
    expect(narrower.parameters().filter(({ path }) => path.group === "head")).toHaveLength(2);
  });

  it("must have new, plain names and exist to be removed", async () => {
    const head = classification(["a", "b"]);
    expect(await failure(() => model.addTask("domain", head, { seed: 1 }))).toEqual([
      "CONFIG_INVALID",
      'there is a task "domain" already',
    ]);
    for (const name of ["", "a b", "a.b", "heads/a"])
      expect(await failure(() => model.addTask(name, head, { seed: 1 }))).toEqual([
        "CONFIG_INVALID",
        `task ${JSON.stringify(name)}: a name has letters, digits, _ and - only`,
      ]);
    expect(await failure(() => model.removeTask("domian" as never))).toEqual([
      "NAME_UNKNOWN",
      'there is no task "domian" (did you mean "domain"?); tasks: domain, sentiment',
    ]);
  });

  it("that can't be made leave nothing behind", () => {
    const before = tf.memory().numTensors;
    const heads = { fine: classification(["a", "b"]), "not fine": classification(["a", "b"]) };
    expect(() => new MultiTaskModel(model.encoder, heads, { seed: 1 })).toThrow("not fine");
    expect(tf.memory().numTensors).toBe(before);
  });

  it("may be called what objects have already", async () => {
    const heads = JSON.parse('{"__proto__": 0, "constructor": 0}') as Record<string, unknown>;
    for (const name of Object.keys(heads))
      model.addTask(name, classification(["a", "b"]), { seed: 1 });
    const [one] = await model.predict(["a"]);
    expect(Object.keys(one!)).toEqual(["domain", "sentiment", "__proto__", "constructor"]);
  });
});
