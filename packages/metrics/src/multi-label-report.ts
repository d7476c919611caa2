import { EspalierError } from "@espalier/core";
import { type ClassCounts, type FScores, fScore, fScoresOfCounts } from "./f-scores.ts";
import { requireLabels, requireSameLength } from "./labels.ts";

/** What a task is judged by whose rows have any number of classes. */
export interface MultiLabelReport extends FScores {
  readonly count: number;
  /** Share of rows with all classes right. */
  readonly subsetAccuracy: number;
  /** Share of wrong entries. */
  readonly hammingLoss: number;
  /** Mean F1 and intersection over union by row; 0 for a row without any true or predicted class. */
  readonly samplesF1: number;
  readonly samplesJaccard: number;
}

/**
 * @param truth 0 or 1, row after row, `[N, classCount]`
 * @param predicted likewise
 * @throws {EspalierError} SHAPE_MISMATCH when lengths differ or do not fill rows
 */
export function multiLabelReport(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classCount: number,
): MultiLabelReport {
  requireSameLength(truth, predicted);
  requireLabels(truth, truth.length, 2);
  requireLabels(predicted, truth.length, 2);
  const count = truth.length / classCount;
  if (!Number.isInteger(count)) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `${truth.length} entries do not fill rows of ${classCount} classes`,
    );
  }
  const cells = (start: number, step: number, length: number) =>
    Array.from({ length }, (_, i) => start + i * step);
  const tally = (indices: readonly number[]): ClassCounts => ({
    truths: indices.filter((i) => truth[i] === 1).length,
    predictions: indices.filter((i) => predicted[i] === 1).length,
    hits: indices.filter((i) => truth[i] === 1 && predicted[i] === 1).length,
  });
  const rows = Array.from({ length: count }, (_, row) =>
    tally(cells(row * classCount, 1, classCount)),
  );
  const columns = Array.from({ length: classCount }, (_, k) => tally(cells(k, classCount, count)));
  const total = (of: (row: ClassCounts) => number) => rows.reduce((sum, row) => sum + of(row), 0);
  return {
    count,
    subsetAccuracy: total((row) => (errors(row) === 0 ? 1 : 0)) / count,
    hammingLoss: total(errors) / truth.length,
    samplesF1: total((row) => fScore(row).f1) / count,
    samplesJaccard: total(jaccard) / count,
    ...fScoresOfCounts(columns),
  };
}

function errors({ truths, predictions, hits }: ClassCounts): number {
  return truths + predictions - 2 * hits;
}

function jaccard({ truths, predictions, hits }: ClassCounts): number {
  const union = truths + predictions - hits;
  return union === 0 ? 0 : hits / union;
}
