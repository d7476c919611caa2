import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  averagePrecision,
  classificationReport,
  kendallTau,
  logLoss,
  multiclassRocAuc,
  multiLabelReport,
  regressionReport,
  rocAuc,
  topKAccuracy,
} from "@espalier/metrics";
import { expect, it } from "vitest";

type Expected = Record<string, unknown>;
interface Case {
  name: string;
  kind: string;
  y_true: number[] | number[][];
  scores: number[] | number[][];
  expected: Expected;
}

const golden = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/scores.json"), "utf8"));
const cases = golden.cases as Case[];
const of = (kind: string) => cases.filter((entry) => entry.kind === kind);

/** Compares every number that both sides have, `null` standing for an undefined one. */
function compare(found: Record<string, unknown>, expected: Expected, left: readonly string[] = []) {
  const names = Object.keys(expected).filter((name) => !left.includes(name));
  expect(Object.keys(found).sort()).toEqual(names.sort());
  for (const name of names) {
    const [a, b] = [[found[name]].flat(2), [expected[name]].flat(2)];
    expect(a.length, name).toBe(b.length);
    for (const [i, value] of b.entries()) {
      if (value === null) expect(a[i], name).toBeNaN();
      else expect(Math.abs((a[i] as number) - (value as number)), name).toBeLessThan(1e-9);
    }
  }
}

const named = (
  report: ReturnType<typeof classificationReport> | ReturnType<typeof multiLabelReport>,
) => {
  const { perClass, macro, micro, weighted } = report;
  return Object.fromEntries(
    (["precision", "recall", "f1"] as const).flatMap((key) => [
      [`${key}_macro`, macro[key]],
      [`${key}_micro`, micro[key]],
      [`${key}_weighted`, weighted[key]],
      [`${key}_per_class`, perClass.map((score) => score[key])],
    ]),
  );
};

it.each(of("multiclass"))("several classes: $name", ({ y_true, scores, expected }) => {
  const truth = y_true as number[];
  const rows = (scores as number[][]).map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((score) => score / sum);
  });
  const classCount = 4;
  const probabilities = rows.flat();
  const report = classificationReport(
    truth,
    (scores as number[][]).map((row) => row.indexOf(Math.max(...row))),
    classCount,
  );
  const auc = (average: "one-vs-rest" | "one-vs-rest-weighted" | "one-vs-one") =>
    multiclassRocAuc(truth, { probabilities, classCount, average });
  const found = {
    ...named(report),
    accuracy: report.accuracy,
    balanced_accuracy: report.balancedAccuracy,
    mcc: report.matthews,
    cohen_kappa: report.kappa,
    confusion_matrix: report.confusion,
    roc_auc_ovr_macro: auc("one-vs-rest"),
    roc_auc_ovr_weighted: auc("one-vs-rest-weighted"),
    roc_auc_ovo_macro: auc("one-vs-one"),
    average_precision_per_class: [0, 1, 2, 3].map((k) =>
      averagePrecision(
        truth.map((label) => (label === k ? 1 : 0)),
        (scores as number[][]).map((row) => row[k]!),
      ),
    ),
    log_loss: logLoss(truth, probabilities, classCount),
    top_2_accuracy: topKAccuracy(truth, probabilities, { classCount, k: 2 }),
  };
  // Not given where scores are tied: the order of equal ones is this library's own rule.
  const left = expected.top_2_accuracy === null ? ["top_2_accuracy"] : [];
  const { top_2_accuracy, ...rest } = found;
  compare(left.length > 0 ? rest : { ...rest, top_2_accuracy }, expected, left);
});

it.each(of("binary"))("two classes: $name", ({ y_true, scores, expected }) => {
  const truth = y_true as number[];
  const report = classificationReport(
    truth,
    (scores as number[]).map((score) => (score >= (expected.threshold as number) ? 1 : 0)),
    2,
  );
  const positive = report.perClass[1]!;
  const found = {
    ...named(report),
    accuracy: report.accuracy,
    precision: positive.precision,
    recall: positive.recall,
    f1: positive.f1,
    mcc: report.matthews,
    confusion_matrix: report.confusion,
    roc_auc: rocAuc(truth, scores as number[]),
    average_precision: averagePrecision(truth, scores as number[]),
  };
  compare(found, expected, ["threshold", "brier"]);
});

it.each(of("multilabel"))("several labels a row: $name", ({ y_true, scores, expected }) => {
  const truth = (y_true as number[][]).flat();
  const values = (scores as number[][]).flat();
  const classCount = 5;
  const report = multiLabelReport(
    truth,
    values.map((score) => (score >= (expected.threshold as number) ? 1 : 0)),
    classCount,
  );
  const column = (all: number[], k: number) => all.filter((_, i) => i % classCount === k);
  const averages = (metric: typeof rocAuc) => {
    const perClass = [0, 1, 2, 3, 4].map((k) => metric(column(truth, k), column(values, k)));
    const support = report.perClass.map((score) => score.support);
    const sum = support.reduce((a, b) => a + b, 0);
    return {
      micro: metric(truth, values),
      macro: perClass.reduce((a, b) => a + b, 0) / classCount,
      weighted: perClass.reduce((a, b, k) => a + b * support[k]!, 0) / sum,
    };
  };
  const [auc, precision] = [averages(rocAuc), averages(averagePrecision)];
  const found = {
    ...named(report),
    subset_accuracy: report.subsetAccuracy,
    hamming_loss: report.hammingLoss,
    f1_samples: report.samplesF1,
    jaccard_samples: report.samplesJaccard,
    roc_auc_micro: auc.micro,
    roc_auc_macro: auc.macro,
    roc_auc_weighted: auc.weighted,
    average_precision_micro: precision.micro,
    average_precision_macro: precision.macro,
    average_precision_weighted: precision.weighted,
  };
  compare(found, expected, ["threshold"]);
});

it.each(of("regression"))("numbers: $name", ({ y_true, scores, expected }) => {
  const [truth, predicted] = [y_true as number[], scores as number[]];
  const { count, explainedVariance, ...rest } = regressionReport(truth, predicted);
  expect(count).toBe(truth.length);
  compare(
    { ...rest, explained_variance: explainedVariance, kendall_tau: kendallTau(truth, predicted) },
    expected,
  );
});

it("has a case of every kind", () => {
  expect(
    ["multiclass", "binary", "multilabel", "regression"].map((kind) => of(kind).length),
  ).toEqual([7, 7, 2, 8]);
});
