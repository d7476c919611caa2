import { marginals } from "./confusion-matrix.ts";

/** Precision, recall and their harmonic mean; 0 where the quotient is 0 / 0, as `zero_division=0`. */
export interface FScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface FScores {
  /** In the order of the classes, with the number of rows that truly have the class. */
  readonly perClass: ReadonlyArray<FScore & { readonly support: number }>;
  /** The mean over all classes, those without any row included. */
  readonly macro: FScore;
  /** Over the pooled counts; equals the accuracy where each row has one class. */
  readonly micro: FScore;
  /** The mean weighted by support. */
  readonly weighted: FScore;
}

/** One class's rows: how many truly have it, how many are predicted to, and how many both. */
export interface ClassCounts {
  readonly truths: number;
  readonly predictions: number;
  readonly hits: number;
}

/** Precision, recall and F1 from a confusion matrix `[classCount][classCount]`, truth in rows. */
export function fScores(confusion: readonly (readonly number[])[]): FScores {
  const { truths, predictions } = marginals(confusion);
  return fScoresOfCounts(
    confusion.map((row, k) => ({
      truths: truths[k] as number,
      predictions: predictions[k] as number,
      hits: row[k] as number,
    })),
  );
}

/** Precision, recall and F1 from counts by class. */
export function fScoresOfCounts(counts: readonly ClassCounts[]): FScores {
  const perClass = counts.map((count) => ({ ...fScore(count), support: count.truths }));
  const total = (key: keyof ClassCounts) => counts.reduce((sum, count) => sum + count[key], 0);
  const pooled = {
    truths: total("truths"),
    predictions: total("predictions"),
    hits: total("hits"),
  };
  const mean = (weight: (support: number) => number): FScore => {
    const weights = perClass.map(({ support }) => weight(support));
    const sum = weights.reduce((a, b) => a + b, 0);
    const of = (key: keyof FScore) =>
      ratio(
        perClass.reduce((total, score, k) => total + (weights[k] as number) * score[key], 0),
        sum,
      );
    return { precision: of("precision"), recall: of("recall"), f1: of("f1") };
  };
  return {
    perClass,
    macro: mean(() => 1),
    micro: fScore(pooled),
    weighted: mean((support) => support),
  };
}

/** Precision, recall and F1 of one class. */
export function fScore({ truths, predictions, hits }: ClassCounts): FScore {
  return {
    precision: ratio(hits, predictions),
    recall: ratio(hits, truths),
    f1: ratio(2 * hits, predictions + truths),
  };
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
