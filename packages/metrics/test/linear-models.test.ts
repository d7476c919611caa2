import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  fitOneVsRest,
  fitRidgeRegression,
  predictLabelProbabilities,
  predictNumbers,
} from "@espalier/metrics";
import { describe, expect, it } from "vitest";

interface Golden {
  dimension: number;
  features: number[];
  test: number[];
  targets: number[];
  ridge: { alpha: number; weights: number[]; intercept: number; predictions: number[] }[];
  labels: number[];
  classCount: number;
  oneVsRest: { C: number; probabilities: number[] }[];
}

const file = join(import.meta.dirname, "fixtures/linear-models.json");
const golden = JSON.parse(readFileSync(file, "utf8")) as Golden;
const matrix = (values: readonly number[]) => ({
  data: Float32Array.from(values),
  rows: values.length / golden.dimension,
  dimension: golden.dimension,
});
const features = matrix(golden.features);
const test = matrix(golden.test);

function expectClose(actual: ArrayLike<number>, expected: readonly number[], within: number) {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs((actual[i] as number) - value), `value ${i}`).toBeLessThan(within);
}

describe("ridge regression", () => {
  it.each(golden.ridge)("finds scikit-learn's solution for alpha $alpha", (expected) => {
    const { alpha } = expected;
    const fitted = fitRidgeRegression({ features, targets: golden.targets, alpha });
    expectClose(fitted.weights, expected.weights, 1e-9);
    expect(fitted.intercept).toBeCloseTo(expected.intercept, 9);
    expectClose(predictNumbers(fitted, test), expected.predictions, 1e-9);
  });

  it("refuses what it can't fit", () => {
    const fit = (change: object) =>
      fitRidgeRegression({ features, targets: golden.targets, ...change });
    expect(() => fit({ targets: [1] })).toThrow("1 true values, but 40 others");
    expect(() => fit({ alpha: 0 })).toThrow("alpha has to be positive, not 0");
    expect(() => fit({ targets: golden.targets.map(() => Number.NaN) })).toThrow("not finite");
    expect(() =>
      fit({ features: { ...features, data: new Float32Array(0), rows: 0 }, targets: [] }),
    ).toThrow("no rows to fit on");
    expect(() => predictNumbers(fit({}), { ...test, rows: 16, dimension: 3 })).toThrow(
      "features have 3 columns, the model was fitted on 6",
    );
  });
});

describe("one against the rest", () => {
  const { labels, classCount } = golden;

  it.each(golden.oneVsRest)("finds scikit-learn's solutions for C $C", ({ C, probabilities }) => {
    const fitted = fitOneVsRest({ features, labels, classCount, C });
    expect(fitted.converged).toBe(true);
    // The last class applies to no row.
    expect(fitted.intercepts[3]).toBe(-Infinity);
    expectClose(predictLabelProbabilities(fitted, test), probabilities, 1e-5);
  });

  it("knows classes that always or never apply without a search", () => {
    const always = fitOneVsRest({
      features,
      labels: Array.from({ length: 80 }, (_, i) => i % 2),
      classCount: 2,
    });
    expect(always.iterations).toBe(0);
    expect([...predictLabelProbabilities(always, test)].slice(0, 4)).toEqual([0, 1, 0, 1]);
  });

  it("refuses what it can't fit", () => {
    expect(() => fitOneVsRest({ features, labels: [1], classCount })).toThrow(
      "1 labels for 160 rows",
    );
    const fitted = fitOneVsRest({ features, labels, classCount });
    expect(() => predictLabelProbabilities(fitted, { ...test, rows: 16, dimension: 3 })).toThrow(
      "features have 3 columns, the model was fitted on 6",
    );
  });
});
