import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fitLogisticRegression, predictClasses, predictProbabilities } from "@espalier/metrics";
import { expect, it } from "vitest";

interface Case {
  name: string;
  C: number;
  standardize: boolean;
  classCount: number;
  dimension: number;
  features: number[];
  labels: number[];
  weights: number[];
  intercepts: number[];
  probabilities: number[];
}

const file = join(import.meta.dirname, "fixtures/logistic-regression.json");
const cases = JSON.parse(readFileSync(file, "utf8")).cases as Case[];

function load({ features, labels, dimension, classCount, C, standardize }: Case) {
  const matrix = { data: Float32Array.from(features), rows: labels.length, dimension };
  return { features: matrix, labels, classCount, C, standardize };
}

it.each(cases)("finds scikit-learn's solution: $name", (entry) => {
  const options = load(entry);
  const model = fitLogisticRegression(options);
  expect(model.converged).toBe(true);
  expect(model.weights).toHaveLength(entry.weights.length);
  for (const [i, weight] of entry.weights.entries()) {
    expect(Math.abs(model.weights[i]! - weight), `weight ${i}`).toBeLessThan(1e-4);
  }
  for (const [k, intercept] of entry.intercepts.entries()) {
    expect(Math.abs(model.intercepts[k]! - intercept), `intercept ${k}`).toBeLessThan(1e-4);
  }
  const probabilities = predictProbabilities(model, options.features);
  for (const [i, p] of entry.probabilities.entries()) {
    expect(Math.abs(probabilities[i]! - p)).toBeLessThan(1e-5);
  }
});

it("predicts the likeliest class", () => {
  const options = load(cases[0]!);
  const model = fitLogisticRegression(options);
  const probabilities = predictProbabilities(model, options.features);
  for (const [row, label] of predictClasses(model, options.features).entries()) {
    const own = probabilities.subarray(row * 3, row * 3 + 3);
    expect(own[label]).toBe(Math.max(...own));
    expect(own.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  }
});

it("fits the classes that occur and never predicts the others", () => {
  const data = Float32Array.from([-2, -1, 1, 2]);
  const features = { data, rows: 4, dimension: 1 };
  const two = fitLogisticRegression({ features, labels: [3, 3, 1, 1], classCount: 5 });
  expect([...two.classes]).toEqual([1, 3]);
  expect([...predictClasses(two, features)]).toEqual([3, 3, 1, 1]);
  const one = fitLogisticRegression({ features, labels: [2, 2, 2, 2], classCount: 5 });
  expect([
    ...predictProbabilities(one, { data: data.subarray(0, 1), rows: 1, dimension: 1 }),
  ]).toEqual([0, 0, 1, 0, 0]);
});

it("orders many classes by number", () => {
  const data = Float32Array.from({ length: 24 }, (_, i) => Math.floor(i / 2));
  const features = { data, rows: 24, dimension: 1 };
  const { classes } = fitLogisticRegression({ features, labels: data, classCount: 12 });
  expect([...classes]).toEqual(Array.from({ length: 12 }, (_, i) => i));
});

it("refuses what it can't fit", () => {
  const features = { data: new Float32Array(4), rows: 2, dimension: 2 };
  const labels = [0, 1];
  const fit = (change: object) =>
    fitLogisticRegression({ features, labels, classCount: 2, ...change });
  expect(() => fit({ C: 0 })).toThrow("C has to be positive, not 0");
  expect(() => fit({ labels: [0] })).toThrow("1 labels for 2 rows");
  expect(() => fit({ labels: [0, 2] })).toThrow(
    "label 2 in row 1 is not one of the 2 classes 0 to 1",
  );
  expect(() => fit({ features: { ...features, rows: 3 } })).toThrow(
    "features has 4 numbers, but [3, 2] takes 6",
  );
  expect(() => fit({ features: { ...features, rows: 0, data: new Float32Array(0) } })).toThrow(
    "there are no rows to fit on",
  );
  const odd = { ...features, data: Float32Array.from([0, 1, 2, Number.NaN]) };
  expect(() => fit({ features: odd })).toThrow("features have NaN in row 1");
  const wide = { data: new Float32Array(3), rows: 1, dimension: 3 };
  expect(() => predictClasses(fit({}), wide)).toThrow(
    "features have 3 columns, the model was fitted on 2",
  );
});
