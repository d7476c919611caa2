import { EspalierError } from "@espalier/core";
import { accuracy, confusionMatrix, fScores } from "@espalier/metrics";
import { argMax } from "./arg-max.ts";

/**
 * Accuracy and macro F1 of the highest logit, over the labelled rows.
 * @param logits  float32 `[N · K]`, row-major
 * @param targets int32 `[N]`, -1 = unlabelled
 * @param width   K
 * @returns macro F1 is the mean over all K labels; accuracy is NaN without a labelled row
 * @throws {EspalierError} SHAPE_MISMATCH when the lengths do not fit or a target is out of range
 */
export function classificationMetrics(
  logits: Float32Array,
  targets: Int32Array,
  width: number,
): { accuracy: number; macroF1: number; support: number } {
  if (logits.length !== targets.length * width)
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `classification: ${logits.length} logits for ${targets.length} targets, expected ${width} each`,
    );
  const truth = targets.filter((target) => target !== -1);
  const predicted = Int32Array.from(
    [...targets.keys()].filter((row) => targets[row] !== -1),
    (row) => argMax(logits.subarray(row * width, (row + 1) * width)),
  );
  return {
    accuracy: accuracy(truth, predicted),
    macroF1: fScores(confusionMatrix(truth, predicted, width)).macro.f1,
    support: truth.length,
  };
}
