import { EspalierError } from "@espalier/core";
import { dot } from "./dot.ts";
import { type Matrix, requireMatrix } from "./matrix.ts";

export interface Neighbours {
  /** int32 `[queries, k]`, rows of the corpus, most similar first; of equal ones the first. */
  readonly indices: Int32Array;
  /** float32 `[queries, k]`, cosine similarities; 0 where a vector has no length. */
  readonly similarities: Float32Array;
}

/**
 * The `k` rows of the corpus that are most similar to each query, by comparing with all of them.
 * @throws {EspalierError} SHAPE_MISMATCH when dimensions differ; CONFIG_INVALID unless k is a whole
 * number from 1 to the rows of the corpus
 */
export function nearestNeighbours(queries: Matrix, corpus: Matrix, k: number): Neighbours {
  requireMatrix("queries", queries);
  requireMatrix("corpus", corpus);
  const { dimension, rows } = corpus;
  if (queries.dimension !== dimension) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `queries have ${queries.dimension} columns, the corpus has ${dimension}`,
    );
  }
  if (!Number.isInteger(k) || k < 1 || k > rows) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `k has to be a whole number from 1 to ${rows}, not ${k}`,
    );
  }
  const corpusLengths = rowLengths(corpus);
  const queryLengths = rowLengths(queries);
  const indices = new Int32Array(queries.rows * k);
  const similarities = new Float32Array(queries.rows * k);
  const cosines = new Float64Array(k);
  for (let row = 0; row < queries.rows; row++) {
    const query = queries.data.subarray(row * dimension, (row + 1) * dimension);
    const best = indices.subarray(row * k, (row + 1) * k);
    cosines.fill(Number.NEGATIVE_INFINITY);
    for (let candidate = 0; candidate < rows; candidate++) {
      const lengths = (queryLengths[row] as number) * (corpusLengths[candidate] as number);
      const cosine = lengths === 0 ? 0 : dot(corpus.data, candidate * dimension, query) / lengths;
      if (cosine > (cosines[k - 1] as number)) insert(best, cosines, { candidate, cosine });
    }
    similarities.set(cosines, row * k);
  }
  return { indices, similarities };
}

/** Puts a candidate into its place among the best, the last of which falls out. */
function insert(
  best: Int32Array,
  cosines: Float64Array,
  { candidate, cosine }: { candidate: number; cosine: number },
): void {
  let place = best.length - 1;
  for (; place > 0 && cosine > (cosines[place - 1] as number); place--) {
    best[place] = best[place - 1] as number;
    cosines[place] = cosines[place - 1] as number;
  }
  best[place] = candidate;
  cosines[place] = cosine;
}

function rowLengths({ data, rows, dimension }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    const vector = data.subarray(row * dimension, (row + 1) * dimension);
    return Math.sqrt(dot(vector, 0, vector));
  });
}
