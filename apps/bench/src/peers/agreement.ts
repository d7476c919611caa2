import { EspalierError } from "@espalier/core";

/** Largest relative difference of losses and gradient norms for which two programs do the same work. */
export const TOLERANCE = 1e-4;

/**
 * Compares numbers of two programs that should agree within `TOLERANCE`.
 * @param own   by name
 * @param other by name; a number that one of them has no value for is not compared
 * @throws {EspalierError} BACKEND_FAILED with what differs, and both values
 */
export function expectAgreement(
  own: Readonly<Record<string, number | undefined>>,
  other: Readonly<Record<string, number | undefined>>,
): void {
  for (const [name, mine] of Object.entries(own)) {
    const theirs = other[name];
    if (mine === undefined || theirs === undefined) continue;
    const difference = Math.abs(mine - theirs) / Math.max(Math.abs(mine), Math.abs(theirs), 1e-12);
    if (!(difference <= TOLERANCE))
      throw new EspalierError(
        "BACKEND_FAILED",
        `computes something else: ${name} ${theirs.toPrecision(7)} against ${mine.toPrecision(7)}`,
      );
  }
}

/** Largest absolute difference of vector values for which two programs give the same vectors. */
export const VECTOR_TOLERANCE = 1e-3;

/**
 * As `expectAgreement`, for samples of vectors: rows of equal length.
 * @throws {EspalierError} BACKEND_FAILED with the first value that differs
 */
export function expectSameVectors(
  own: readonly (readonly number[])[],
  other: readonly (readonly number[])[],
): void {
  for (const [row, mine] of own.entries()) {
    for (const [column, value] of mine.entries()) {
      const theirs = other[row]?.[column] ?? Number.NaN;
      if (!(Math.abs(value - theirs) <= VECTOR_TOLERANCE))
        throw new EspalierError(
          "BACKEND_FAILED",
          `gives other vectors: text ${row}, value ${column} is ${theirs.toFixed(5)} against ${value.toFixed(5)}`,
        );
    }
  }
}
