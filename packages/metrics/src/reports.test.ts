import { expect, it } from "vitest";
import { accuracy } from "./accuracy.ts";
import { quadraticKappa } from "./agreement.ts";
import { classificationReport } from "./classification-report.ts";
import { confusionMatrix } from "./confusion-matrix.ts";
import { majorityBaseline, majorityClass } from "./majority-baseline.ts";
import { multiLabelReport } from "./multi-label-report.ts";
import { logLoss, topKAccuracy } from "./probability-scores.ts";
import { multiclassRocAuc, rocAuc } from "./ranking-curves.ts";
import { regressionReport } from "./regression-report.ts";

it("answers the majority of the training labels", () => {
  expect(majorityClass([2, 1, 1, 2, 0], 3)).toBe(1);
  const report = majorityBaseline([0, 1, 1], [0, 0, 0, 1], 2);
  expect(report.accuracy).toBe(0.25);
  expect(report.macro.f1).toBe(0.2);
  expect(() => majorityClass([], 2)).toThrow("no labels");
});

it("counts confusions of ordered classes by their distance", () => {
  const truth = [0, 1, 2, 3, 1, 1, 2, 0, 3, 1];
  const kappa = (predicted: number[]) => quadraticKappa(confusionMatrix(truth, predicted, 4));
  expect(kappa([0, 2, 2, 1, 1, 0, 2, 0, 3, 3])).toBeCloseTo(0.5614035087719298, 12); // scikit-learn
  expect(kappa(truth)).toBe(1);
  expect(kappa(truth.map(() => 1))).toBe(0);
  expect(quadraticKappa(confusionMatrix([1, 1], [1, 1], 4))).toBeNaN();
});

it("is NaN without rows", () => {
  expect(accuracy([], [])).toBeNaN();
  expect(classificationReport([], [], 2)).toMatchObject({ count: 0, accuracy: Number.NaN });
  expect(regressionReport([], [])).toMatchObject({ mse: Number.NaN, r2: Number.NaN });
  expect(logLoss([], [], 2)).toBeNaN();
  expect(rocAuc([], [])).toBeNaN();
});

it("ranks the first of equal scores higher", () => {
  const scores = [0.5, 0.5, 0, 0.2, 0.4, 0.4];
  expect(topKAccuracy([0, 2], scores, { classCount: 3, k: 1 })).toBe(0.5);
  expect(topKAccuracy([0, 2], scores, { classCount: 3, k: 2 })).toBe(1);
});

it("refuses lengths and classes that do not fit", () => {
  expect(() => accuracy([1], [1, 2])).toThrow("1 true values, but 2 others");
  expect(() => classificationReport([0, 1], [0], 2)).toThrow("1 labels for 2 rows");
  expect(() => classificationReport([0, -1], [0, 1], 2)).toThrow("label -1 in row 1");
  expect(() => classificationReport([0, 0.5], [0, 1], 2)).toThrow("label 0.5 in row 1");
  expect(() => logLoss([0], [1, 0, 0], 2)).toThrow("3 scores for 1 rows of 2 classes");
  expect(() => multiLabelReport([1, 0, 1], [1, 0, 1], 2)).toThrow(
    "3 entries do not fill rows of 2",
  );
  expect(() => multiclassRocAuc([0], { probabilities: [1], classCount: 2 })).toThrow(
    "1 probabilities for 1 rows of 2 classes",
  );
});
