/** What a run found: the content of `--json`. Times are seconds, sizes bytes. */
export interface BenchReport {
  readonly schema: 1;
  /** ISO 8601, when the run began. */
  readonly date: string;
  readonly quick: boolean;
  /** Counted rounds of most measurements: a series has as many values as its work had rounds. */
  readonly rounds: number;
  readonly threads: number;
  readonly backend: string;
  readonly machine: Machine;
  /** Share of the processors that other programs used before and after the run, whichever was more, in `[0, 1]`. */
  readonly busyShare: number;
  /** Versions of this program's packages and of the peers' libraries. */
  readonly versions: Readonly<Record<string, string>>;
  readonly suites: readonly SuiteResult[];
}

export interface Machine {
  readonly processor: string;
  readonly logicalProcessors: number;
  readonly memoryBytes: number;
  /** E.g. `linux x64`. */
  readonly platform: string;
  readonly node: string;
}

export interface SuiteResult {
  readonly suite: string;
  /** Wall time of the whole suite, with all that is not timed; older reports lack it. */
  readonly seconds?: number;
  readonly measurements: readonly Measurement[];
  /** Contenders that could not take part, each with the reason. */
  readonly skipped: readonly Skipped[];
}

export interface Skipped {
  readonly contender: string;
  readonly work: string;
  readonly reason: string;
  /** True when it broke or computed something else; false when it can't take part here. */
  readonly failed: boolean;
}

/** The same work done by several contenders. */
export interface Measurement {
  readonly work: string;
  readonly quantity: "seconds" | "bytes";
  /** Where the work is a point of a growth curve. */
  readonly curve?: Curve;
  /** What one round works through, for a rate. */
  readonly items?: Items;
  /** The first is Espalier's own. */
  readonly series: readonly Series[];
  /** The others against the first. */
  readonly comparisons: readonly Comparison[];
  /** What the needed matrix products alone would take. */
  readonly limit?: Limit;
}

export interface Curve {
  /** What grows, e.g. `layers`. */
  readonly variable: string;
  readonly value: number;
}

export interface Items {
  readonly count: number;
  /** Plural, e.g. `sentences`. */
  readonly unit: string;
}

export interface Series {
  readonly contender: string;
  /** One a counted round, in order. */
  readonly values: readonly number[];
  readonly median: number;
  /** 95 % bootstrap interval of the median. */
  readonly low: number;
  readonly high: number;
  /** Half the distance between the quartiles over the median. */
  readonly spread: number;
  /** What came out besides the time, each in `[0, 1]`: accuracy on held-out rows by task. */
  readonly scores?: Readonly<Record<string, number>>;
  /** `limit.seconds / median`; 1 is as fast as the products alone. */
  readonly shareOfLimit?: number;
}

export interface Comparison {
  readonly contender: string;
  /** Median over the rounds of theirs / ours: above 1, Espalier needs less. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** False when the interval contains 1. */
  readonly clear: boolean;
}

export interface Limit {
  /** Floating-point operations of the needed products. */
  readonly flops: number;
  /** Measured in the same rounds. */
  readonly flopsPerSecond: number;
  readonly seconds: number;
}
