import { chooseRows, type Head, type Targets } from "@espalier/heads";
import {
  fitLogisticRegression,
  fitOneVsRest,
  fitRidgeRegression,
  type Matrix,
  majorityClass,
  mean,
  predictClasses,
  predictLabelProbabilities,
  predictNumbers,
  predictProbabilities,
} from "@espalier/metrics";

/** Vectors of labelled texts, and their targets in the same order. */
export interface LabelledVectors {
  readonly features: Matrix;
  readonly targets: Targets;
}

export interface SimpleModelOptions {
  /** Inverse strength of the L2 penalty, as in scikit-learn. Default 1. */
  readonly C?: number;
  /** Fit classifiers on features of mean 0 and deviation 1. Default false. */
  readonly standardize?: boolean;
}

/** What models answer that are no neural networks, as logits of a head: float32 `[N · outputSize]`. */
export interface SimpleAnswers {
  /** The same for every text. */
  readonly constant: Float32Array;
  /** A linear model of the vectors. */
  readonly linear: Float32Array;
}

type Fit = (
  fit: LabelledVectors,
  features: Matrix,
  options: SimpleModelOptions & { readonly outputSize: number },
) => { readonly constant: ArrayLike<number>; readonly linear: ArrayLike<number> };

/** Of the gradient: with many labels the last digits take most of the time, and no answer changes. */
const ENOUGH = 1e-5;

/** By kind of head; those of other kinds are compared with nothing. */
const KINDS: Readonly<Record<string, Fit>> = {
  classification({ features: seen, targets }, features, { outputSize, ...options }) {
    const fitted = fitLogisticRegression({
      ...{ features: seen, labels: targets, classCount: outputSize, ...options },
    });
    const counts = new Float64Array(outputSize);
    for (const label of targets) counts[label] = (counts[label] as number) + 1;
    return { constant: counts, linear: predictProbabilities(fitted, features).map(Math.log) };
  },

  "multi-label"({ features: seen, targets }, features, { outputSize, ...options }) {
    const labels = { features: seen, labels: targets, classCount: outputSize };
    const fitted = fitOneVsRest({ ...labels, ...options, tolerance: ENOUGH });
    const shares = Array.from({ length: outputSize }, (_, k) =>
      mean(targets.filter((_, i) => i % outputSize === k)),
    );
    const probabilities = predictLabelProbabilities(fitted, features);
    return { constant: shares.map(logOdds), linear: probabilities.map(logOdds) };
  },

  // As classes that know no order: the most likely one, a logit of 1 for each threshold below it and -1 for the others.
  ordinal({ features: seen, targets }, features, { outputSize: size, ...options }) {
    const heightOf = (row: number): number =>
      targets.subarray(row * size, (row + 1) * size).filter((above) => above === 1).length;
    const labels = Int32Array.from({ length: seen.rows }, (_, row) => heightOf(row));
    const fitted = fitLogisticRegression({
      ...{ features: seen, labels, classCount: size + 1, ...options },
    });
    const logits = (heights: ArrayLike<number>) =>
      Array.from(heights).flatMap((height) =>
        Array.from({ length: size }, (_, k) => (height > k ? 1 : -1)),
      );
    return {
      constant: logits([majorityClass(labels, size + 1)]),
      linear: logits(predictClasses(fitted, features)),
    };
  },

  regression({ features: seen, targets }, features, { C = 1 }) {
    const fitted = fitRidgeRegression({ features: seen, targets, alpha: 1 / C });
    return { constant: [mean(targets)], linear: predictNumbers(fitted, features) };
  },
};

/**
 * Fits the simple models of a head's kind and asks them about other vectors.
 * @returns undefined for a kind that has none
 */
export function simpleAnswers(
  { kind, outputSize }: Head<unknown>,
  { fit, features }: { readonly fit: LabelledVectors; readonly features: Matrix },
  options: SimpleModelOptions,
): SimpleAnswers | undefined {
  const answers = KINDS[kind]?.(fit, features, { ...options, outputSize });
  if (answers === undefined) return undefined;
  const constant = Float32Array.from(answers.constant);
  return {
    constant: chooseRows(constant, outputSize, new Int32Array(features.rows)),
    linear: Float32Array.from(answers.linear),
  };
}

function logOdds(probability: number): number {
  return Math.log(probability / (1 - probability));
}
