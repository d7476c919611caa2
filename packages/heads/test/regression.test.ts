import { startBackend } from "@espalier/backends";
import { createRng, EspalierError } from "@espalier/core";
import { headFromConfig, regression } from "@espalier/heads";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, expectTypeOf, it } from "vitest";

beforeAll(async () => {
  await startBackend("cpu");
});

const stars = regression({ dropout: 0, center: 3, scale: 0.5 });

describe("regression", () => {
  it("has one row of weights", () => {
    expectTypeOf(stars.decode).returns.toEqualTypeOf<{ readonly value: number }>();
    expect(stars.shapes(4)).toEqual({ weight: [1, 4], bias: [1] });
    expect(stars.init(4, createRng(1)).weight.values).toHaveLength(4);
  });

  it("learns in its unit and answers in the labels' own", () => {
    expect(stars.encodeLabel("4.5", "a:1")).toBe(3);
    expect(stars.encodeLabel(2, "a:1")).toBe(-2);
    expect(stars.decode(Float32Array.of(0)).value).toBe(3);
    expect(stars.decode(Float32Array.of(stars.encodeLabel(4.25, "a:1"))).value).toBe(4.25);
    expect(() => stars.decode(Float32Array.of(Infinity))).toThrow('logit of "value" is Infinity');
  });

  it.each([["many"], [""], [" "], ["Infinity"], [["4"]]])("refuses the label %j", (label) => {
    expect(() => stars.encodeLabel(label, { source: "a:7", task: "stars" })).toThrow(
      /^a:7: label .* of task "stars" is not a finite number$/,
    );
  });

  it.each([
    ["squared", 4],
    ["absolute", 2],
    ["huber", 1.5],
  ] as const)("has the %s loss", (loss, expected) => {
    const logits = tf.tensor2d([[1], [7]]);
    const targets = Float32Array.of(3, Number.NaN);
    expect(regression({ loss }).loss(logits, targets).dataSync()[0]).toBeCloseTo(expected, 6);
  });

  it("measures errors in the labels' own unit", () => {
    const targets = Float32Array.of(0, 2, Number.NaN, 4);
    const logits = Float32Array.of(1, 2, 9, 3);
    const metrics = stars.metrics(logits, targets) as Record<string, number>;
    expect(metrics.support).toBe(3);
    expect(metrics.mae).toBeCloseTo(1 / 3);
    expect(metrics.rmse).toBeCloseTo(Math.sqrt(0.5 / 3));
    expect(metrics.r2).toBeCloseTo(0.75);
    expect(metrics.spearman).toBeCloseTo(1);
    expect(stars.errorMetrics).toEqual(["mae", "rmse"]);
    expect(() => stars.metrics(logits, new Float32Array(3))).toThrow(
      "regression: logits of 4 rows for targets of 3",
    );
  });

  it("comes back from its JSON", () => {
    expect(headFromConfig(JSON.parse(JSON.stringify(stars.config))).config).toEqual(stars.config);
    expect(regression().config).toEqual({
      ...{ kind: "regression", dropout: 0.1, loss: "squared", center: 0, scale: 1 },
    });
  });

  it.each([
    [{ scale: 0 }, "head: scale: "],
    [{ center: null }, "head: center: "],
    [{ loss: "cubed" }, "head: loss: "],
    [{ labels: ["a"] }, 'unknown key "labels"'],
  ])("refuses %j", (config, message) => {
    const make = () => headFromConfig({ kind: "regression", ...config });
    expect(make).toThrow(EspalierError);
    expect(make).toThrow(message);
  });
});
