/** Watches a score that should rise. */
export interface Stagnation {
  /** Takes the next score; a value that is not above the best by more than `minimumGain` does not count as better. */
  observe(score: number): { readonly improved: boolean; readonly stagnated: boolean };
  /** Observations since the best one. */
  readonly sinceBest: number;
  /** Highest score so far, undefined before the first. */
  readonly best: number | undefined;
}

export interface StagnationOptions {
  /** Observations without a better score until it has stagnated; never by default. */
  readonly patience?: number | undefined;
  /** Default 0. */
  readonly minimumGain?: number | undefined;
}

/** Starts watching. The best score starts anew with every call, so each phase of a run has a watch of its own. */
export function watchStagnation(options: StagnationOptions = {}): Stagnation {
  const { patience = Number.POSITIVE_INFINITY, minimumGain = 0 } = options;
  let best: number | undefined;
  let sinceBest = 0;
  return {
    observe(score) {
      const improved = best === undefined || score > best + minimumGain;
      if (improved) best = score;
      sinceBest = improved ? 0 : sinceBest + 1;
      return { improved, stagnated: sinceBest >= patience };
    },
    get sinceBest() {
      return sinceBest;
    },
    get best() {
      return best;
    },
  };
}
