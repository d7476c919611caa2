import { startBackend } from "@espalier/backends";
import { createRng, EspalierError } from "@espalier/core";
import { headFromConfig, type OrdinalPrediction, ordinal } from "@espalier/heads";
import { createSgd, gradients } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, expectTypeOf, it } from "vitest";

beforeAll(async () => {
  await startBackend("cpu");
});

const stars = ordinal(["1", "2", "3", "4"], { dropout: 0 });
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function tensorsOf(values: Record<"weight" | "steps", number[]>): Record<string, tf.Tensor> {
  return {
    weight: tf.tensor2d(values.weight, [1, values.weight.length]),
    steps: tf.tensor1d(values.steps),
  };
}

describe("ordinal", () => {
  it("has one row of weights and a step a threshold", () => {
    expectTypeOf(stars.decode).returns.toEqualTypeOf<OrdinalPrediction<"1" | "2" | "3" | "4">>();
    expect(stars.shapes(5)).toEqual({ weight: [1, 5], steps: [3] });
    const { weight, steps } = stars.init(5, createRng(1));
    expect(weight.values).toHaveLength(5);
    expect([...steps.values]).toEqual([-1, 0, 0]); // thresholds -1, 0, 1
    expect([...ordinal(["low", "high"]).init(5, createRng(1)).steps.values]).toEqual([-0]);
  });

  it("compares one number with thresholds that ascend whatever the steps are", () => {
    const parameters = tensorsOf({ weight: [2, -1], steps: [0.5, -3, Math.log(2)] });
    const vectors = tf.tensor2d([[1, 0.25]]);
    const logits = stars.logits(vectors, parameters, { training: false });
    const second = 0.5 + Math.exp(-3);
    const expected = [0.5, second, second + 2].map((threshold) => 1.75 - threshold);
    for (const [k, value] of logits.dataSync().entries())
      expect(value).toBeCloseTo(expected[k] as number, 6);
  });

  it("encodes how many thresholds a label is above of", () => {
    expect(stars.encodeLabel(1, "a:1")).toEqual([0, 0, 0]);
    expect(stars.encodeLabel("3", "a:1")).toEqual([1, 1, 0]);
    expect(stars.encodeLabel("4", "a:1")).toEqual([1, 1, 1]);
    for (const label of ["5", ["3"]])
      expect(() => stars.encodeLabel(label, { source: "a:7", task: "stars" })).toThrow(
        /^a:7: label .* of task "stars" is not one of 1, 2, 3, 4/,
      );
  });

  it("answers with the middle label and probabilities that sum to 1", () => {
    const row = Float32Array.of(2, 0.5, -1);
    const { label, scores } = stars.decode(row);
    expect(label).toBe("3");
    expect(scores[1]).toBeCloseTo(1 - sigmoid(2), 9);
    expect(scores[2]).toBeCloseTo(sigmoid(2) - sigmoid(0.5), 9);
    expect(scores[4]).toBeCloseTo(sigmoid(-1), 9);
    expect(Object.values(scores).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(() => stars.decode(Float32Array.of(0, NaN, 0))).toThrow('the logit of "3" is NaN');
  });

  it("learns an order, from gradients that reach the weights and every threshold", () => {
    const vectors = tf.tensor2d([[-3], [-1], [1], [3], [-3], [1]]);
    const targets = Float32Array.from(
      ["1", "2", "3", "4", "1", "3"].flatMap((label) => stars.encodeLabel(label, "a:1")),
    );
    const first = stars.init(1, createRng(3));
    const variables = {
      weight: tf.variable(tf.tensor(first.weight.values, [1, 1])),
      steps: tf.variable(tf.tensor(first.steps.values, [3])),
    };
    const optimizer = createSgd(
      Object.entries(variables).map(([name, variable]) => ({ name, variable, weightDecay: 0 })),
    );
    const losses: number[] = [];
    for (let step = 0; step < 500; step++) {
      const { value, gradients: found } = gradients(
        () => stars.loss(stars.logits(vectors, variables, { training: false }), targets),
        variables,
      );
      expect(Object.keys(found)).toEqual(["weight", "steps"]);
      losses.push(value.dataSync()[0] as number);
      optimizer.step(found, 0.2);
      tf.dispose([value, found]);
    }
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 5);
    const logits = stars.logits(vectors, variables, { training: false }).dataSync<"float32">();
    const { accuracy, mae, quadraticKappa } = stars.metrics(logits, targets) as Record<
      string,
      number
    >;
    expect([accuracy, mae, quadraticKappa]).toEqual([1, 0, 1]);
    expect(stars.decode(logits.subarray(3, 6)).label).toBe("2");
  });

  it("measures distances between labels over the labelled rows", () => {
    const row = (height: number) => [0, 1, 2].map((k) => (height > k ? 1 : -1));
    const logits = Float32Array.from([0, 3, 1, 2].flatMap(row));
    const unlabelled = [NaN, NaN, NaN];
    const targets = Float32Array.from([
      ...stars.encodeLabel("1", "a"),
      ...stars.encodeLabel("2", "a"),
      ...unlabelled,
      ...stars.encodeLabel("3", "a"),
    ]);
    const { support, accuracy, mae } = stars.metrics(logits, targets) as Record<string, number>;
    expect(support).toBe(3);
    expect(accuracy).toBeCloseTo(2 / 3);
    expect(mae).toBeCloseTo(2 / 3);
  });

  it("comes back from its JSON, and refuses what is none", () => {
    expect(headFromConfig(JSON.parse(JSON.stringify(stars.config))).config).toEqual(stars.config);
    const make = (config: object) => () => headFromConfig({ kind: "ordinal", ...config });
    expect(make({ labels: ["a"] })).toThrow(EspalierError);
    expect(make({ labels: ["a"] })).toThrow("head: labels: expected at least 2 labels");
    expect(make({ labels: ["a", "b"], threshold: 1 })).toThrow('unknown key "threshold"');
  });
});
