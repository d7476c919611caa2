import { requireSameLength } from "./labels.ts";
import { averageRanks } from "./ranks.ts";

/** Pearson's correlation; NaN when one side is constant or there are fewer than two rows. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  requireSameLength(a, b);
  if (isConstant(a) || isConstant(b)) return Number.NaN;
  const meanA = mean(a);
  const meanB = mean(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = (a[i] as number) - meanA;
    const y = (b[i] as number) - meanB;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

/** Spearman's rank correlation: Pearson's of the ranks, ties share theirs; NaN as for `pearson`. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  requireSameLength(a, b);
  return pearson(averageRanks(a), averageRanks(b));
}

/** Kendall's tau-b over all pairs of rows, in quadratic time; NaN as for `pearson`. */
export function kendallTau(a: ArrayLike<number>, b: ArrayLike<number>): number {
  requireSameLength(a, b);
  let concordant = 0;
  let pairsA = 0;
  let pairsB = 0;
  for (let i = 1; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const x = Math.sign((a[i] as number) - (a[j] as number));
      const y = Math.sign((b[i] as number) - (b[j] as number));
      concordant += x * y;
      pairsA += x * x;
      pairsB += y * y;
    }
  }
  return concordant / Math.sqrt(pairsA * pairsB);
}

/** NaN of an empty list. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** Exactly: rounding in the mean would turn a constant into noise with a correlation. */
function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}
