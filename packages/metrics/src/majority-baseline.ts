import { EspalierError } from "@espalier/core";
import { type ClassificationReport, classificationReport } from "./classification-report.ts";
import { argMax, requireLabels } from "./labels.ts";

/**
 * The most frequent class, the first of equally frequent ones.
 * @throws {EspalierError} CONFIG_INVALID without labels; SHAPE_MISMATCH for one not below `classCount`
 */
export function majorityClass(labels: ArrayLike<number>, classCount: number): number {
  if (labels.length === 0)
    throw new EspalierError("CONFIG_INVALID", "no labels to take the majority of");
  requireLabels(labels, labels.length, classCount);
  const counts = new Float64Array(classCount);
  for (let i = 0; i < labels.length; i++) {
    counts[labels[i] as number] = (counts[labels[i] as number] as number) + 1;
  }
  return argMax(counts);
}

/** What always answering the majority class of the training labels scores on `truth`. */
export function majorityBaseline(
  trainingLabels: ArrayLike<number>,
  truth: ArrayLike<number>,
  classCount: number,
): ClassificationReport {
  const majority = majorityClass(trainingLabels, classCount);
  return classificationReport(truth, new Int32Array(truth.length).fill(majority), classCount);
}
