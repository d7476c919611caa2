import { accuracy, confusionMatrix, fScores } from "@espalier/metrics";
import { argMax } from "./arg-max.ts";
import { expectSameRows } from "./expect-rows.ts";
import { labelledRowsOf, type Targets } from "./targets.ts";

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
  targets: Targets,
  width: number,
): { accuracy: number; macroF1: number; support: number } {
  expectSameRows("classification", { logits, targets }, { logits: width, targets: 1 });
  const rows = labelledRowsOf(targets, 1);
  const truth = rows.map((row) => targets[row] as number);
  const predicted = rows.map((row) => argMax(logits.subarray(row * width, (row + 1) * width)));
  return {
    accuracy: accuracy(truth, predicted),
    macroF1: fScores(confusionMatrix(truth, predicted, width)).macro.f1,
    support: truth.length,
  };
}
