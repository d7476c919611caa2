import { startBackend } from "@espalier/backends";
import { createRng, EspalierError } from "@espalier/core";
import { headFromConfig, type MultiLabelPrediction, multiLabel } from "@espalier/heads";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, expectTypeOf, it } from "vitest";

beforeAll(async () => {
  await startBackend("cpu");
});

const head = multiLabel(["rain", "sun", "wind"], { dropout: 0 });

describe("multiLabel", () => {
  it("types its predictions by the labels as written", () => {
    expectTypeOf(head.decode).returns.toEqualTypeOf<
      MultiLabelPrediction<"rain" | "sun" | "wind">
    >();
    // @ts-expect-error not a label
    const score: number | undefined = head.decode(Float32Array.of(0, 0, 0)).scores.snow;
    expect(score).toBeUndefined();
  });

  it("has a row of weights a label", () => {
    expect(head.shapes(4)).toEqual({ weight: [3, 4], bias: [3] });
    const { weight, bias } = head.init(4, createRng(1));
    expect(weight.values).toHaveLength(12);
    expect([...bias.values]).toEqual([0, 0, 0]);
  });

  it("encodes lists, single labels and none", () => {
    expect(head.encodeLabel(["wind", "rain"], "a:1")).toEqual([1, 0, 1]);
    expect(head.encodeLabel("sun", "a:1")).toEqual([0, 1, 0]);
    expect(head.encodeLabel([], "a:1")).toEqual([0, 0, 0]);
    expect(() => head.encodeLabel(["rain", "wnd"], { source: "a:7", task: "sky" })).toThrow(
      'a:7: label "wnd" of task "sky" is not one of rain, sun, wind (did you mean "wind"?)',
    );
  });

  it("names the labels from the threshold on, the likeliest first", () => {
    const row = Float32Array.of(0.5, -1, 2);
    const { labels, scores } = head.decode(row);
    expect(labels).toEqual(["wind", "rain"]);
    expect(scores.sun).toBeCloseTo(1 / (1 + Math.E), 6);
    expect(multiLabel(["rain", "sun", "wind"], { threshold: 0.9 }).decode(row).labels).toEqual([]);
    expect(head.decode(Float32Array.of(0, -1, -1)).labels).toEqual(["rain"]);
    expect(() => head.decode(Float32Array.of(0, Number.NaN, 0))).toThrow('logit of "sun" is NaN');
    expect(() => head.decode(Float32Array.of(0))).toThrow("a row of 1 logits, expected 3");
  });

  it("takes the mean over the entries of labelled rows", () => {
    const logits = tf.tensor2d([
      [0, 0, 0],
      [5, 5, 5],
    ]);
    const targets = Float32Array.of(...head.encodeLabel("sun", "a:1"), NaN, NaN, NaN);
    expect(head.loss(logits, targets).dataSync()[0]).toBeCloseTo(Math.LN2, 6);
    const weighted = multiLabel(head.labels, { positiveWeights: [1, 3, 1] });
    expect(weighted.loss(logits, targets).dataSync()[0]).toBeCloseTo((5 / 3) * Math.LN2, 6);
  });

  it("measures F1 at its threshold and average precision at none", () => {
    const logits = Float32Array.of(1, -1, -1, -1, 1, -1, 3, 3, 3, -1, -1, -1);
    const targets = Float32Array.of(1, 0, 0, 0, 1, 0, NaN, NaN, NaN, 0, 1, 0);
    const { support, subsetAccuracy, microF1, macroF1, meanAveragePrecision } = head.metrics(
      logits,
      targets,
    ) as Record<string, number>;
    expect(support).toBe(3);
    expect(subsetAccuracy).toBeCloseTo(2 / 3);
    expect(microF1).toBeCloseTo(0.8); // 2 of 3 found, nothing wrong
    expect(macroF1).toBeCloseTo((1 + 2 / 3 + 0) / 3);
    expect(meanAveragePrecision).toBeCloseTo((1 + (1 / 2) * (1 + 2 / 3)) / 2);
    expect(head.metrics(new Float32Array(0), new Float32Array(0)).macroF1).toBeNaN();
    expect(() => head.metrics(logits, new Float32Array(3))).toThrow(
      "multi-label: logits of 4 rows for targets of 1",
    );
  });

  it("comes back from its JSON", () => {
    const given = multiLabel(["a"], { threshold: 0.3, positiveWeights: [4], dropout: 0.2 });
    expect(headFromConfig(JSON.parse(JSON.stringify(given.config))).config).toEqual(given.config);
  });

  it.each([
    [{ labels: [] }, "head: labels: expected at least 1 label ([])"],
    [{ labels: ["a", "a"] }, 'head: labels: "a" occurs twice'],
    [{ labels: ["a"], threshold: 1 }, "head: threshold: "],
    [{ labels: ["a"], positiveWeights: [1, 2] }, "positiveWeights: 2 weights for 1 labels ([1,2])"],
    [{ labels: ["a"], positiveWeights: [0] }, "head: positiveWeights.0: "],
    [{ labels: ["a"], treshold: 1 }, 'unknown key "treshold" (did you mean "threshold"?)'],
  ])("refuses %j", (config, message) => {
    const make = () => headFromConfig({ kind: "multi-label", ...config });
    expect(make).toThrow(EspalierError);
    expect(make).toThrow(message);
  });
});
