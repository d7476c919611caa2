import { EspalierError } from "@espalier/core";
import { argMax } from "./arg-max.ts";

/**
 * Accuracy and macro F1 of the highest logit, over the labelled rows.
 * @param logits  float32 `[N · K]`, row-major
 * @param targets int32 `[N]`, -1 = unlabelled
 * @param width   K
 * @returns all 0 when there is no labelled row
 * @throws {EspalierError} SHAPE_MISMATCH when the lengths do not fit
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
  const confusion = new Float64Array(width * width); // [actual, predicted]
  let support = 0;
  for (const [row, target] of targets.entries()) {
    if (target === -1) continue;
    const cell = target * width + argMax(logits.subarray(row * width, (row + 1) * width));
    confusion[cell] = (confusion[cell] as number) + 1;
    support++;
  }
  if (support === 0) return { accuracy: 0, macroF1: 0, support };
  const sum = (cell: (k: number) => number) =>
    Array.from({ length: width }, (_, k) => confusion[cell(k)] as number).reduce((a, b) => a + b);
  let correct = 0;
  const f1: number[] = [];
  for (let k = 0; k < width; k++) {
    const hits = confusion[k * width + k] as number;
    const named = sum((i) => k * width + i) + sum((i) => i * width + k);
    correct += hits;
    if (named > 0) f1.push((2 * hits) / named);
  }
  return {
    accuracy: correct / support,
    macroF1: f1.reduce((a, b) => a + b) / f1.length,
    support,
  };
}
