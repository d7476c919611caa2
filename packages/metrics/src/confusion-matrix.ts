import { requireLabels } from "./labels.ts";

/**
 * Counts by true class (row) and predicted class (column).
 * @param truth true classes, whole numbers from 0
 * @param predicted as many predicted classes
 * @returns `[classCount][classCount]`
 * @throws {EspalierError} SHAPE_MISMATCH when lengths differ or a class is not below `classCount`
 */
export function confusionMatrix(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classCount: number,
): number[][] {
  requireLabels(truth, truth.length, classCount);
  requireLabels(predicted, truth.length, classCount);
  const matrix = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  for (let i = 0; i < truth.length; i++) {
    const row = matrix[truth[i] as number] as number[];
    const column = predicted[i] as number;
    row[column] = (row[column] as number) + 1;
  }
  return matrix;
}

/** Sums of the rows (how often each class is true) and of the columns (how often it is predicted). */
export function marginals(matrix: readonly (readonly number[])[]): {
  readonly truths: number[];
  readonly predictions: number[];
  readonly hits: number;
  readonly total: number;
} {
  const truths = matrix.map((row) => row.reduce((a, b) => a + b, 0));
  const predictions = matrix.map((_, k) =>
    matrix.reduce((sum, row) => sum + (row[k] as number), 0),
  );
  const hits = matrix.reduce((sum, row, k) => sum + (row[k] as number), 0);
  return { truths, predictions, hits, total: truths.reduce((a, b) => a + b, 0) };
}
