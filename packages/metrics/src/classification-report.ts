import { balancedAccuracy, cohenKappa, matthewsCorrelation } from "./agreement.ts";
import { confusionMatrix, marginals } from "./confusion-matrix.ts";
import { type FScores, fScores } from "./f-scores.ts";

/** What one classification task is judged by; see the single functions for edge cases. */
export interface ClassificationReport extends FScores {
  readonly count: number;
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly matthews: number;
  readonly kappa: number;
  /** `[classCount][classCount]`, truth in rows. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * All measures that need the predicted classes only.
 * @param truth true classes, whole numbers from 0; leave unlabelled rows out
 * @throws {EspalierError} SHAPE_MISMATCH when lengths differ or a class is not below `classCount`
 */
export function classificationReport(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classCount: number,
): ClassificationReport {
  const confusion = confusionMatrix(truth, predicted, classCount);
  const { hits, total } = marginals(confusion);
  return {
    count: total,
    accuracy: hits / total,
    balancedAccuracy: balancedAccuracy(confusion),
    matthews: matthewsCorrelation(confusion),
    kappa: cohenKappa(confusion),
    ...fScores(confusion),
    confusion,
  };
}
