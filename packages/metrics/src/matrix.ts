import { EspalierError } from "@espalier/core";

/** Rows of numbers one after the other, such as embeddings: `data[row * dimension + i]`. */
export interface Matrix {
  /** float32 `[rows, dimension]` */
  readonly data: Float32Array;
  readonly rows: number;
  readonly dimension: number;
}

/** @throws {EspalierError} SHAPE_MISMATCH when the numbers do not fill `rows` times `dimension` */
export function requireMatrix(name: string, { data, rows, dimension }: Matrix): void {
  if (data.length === rows * dimension) return;
  throw new EspalierError(
    "SHAPE_MISMATCH",
    `${name} has ${data.length} numbers, but [${rows}, ${dimension}] takes ${rows * dimension}`,
  );
}

/**
 * Features to fit on.
 * @throws {EspalierError} as `requireMatrix`, CONFIG_INVALID when there are no rows, NOT_FINITE for a value that is no number
 */
export function requireFeatures(features: Matrix): void {
  requireMatrix("features", features);
  const { data, rows, dimension } = features;
  if (rows === 0) throw new EspalierError("CONFIG_INVALID", "there are no rows to fit on");
  const odd = data.findIndex((value) => !Number.isFinite(value));
  if (odd < 0) return;
  const row = Math.floor(odd / dimension);
  throw new EspalierError("NOT_FINITE", `features have ${data[odd]} in row ${row}`);
}

/** Features for a fitted model. @throws {EspalierError} as `requireMatrix`, and SHAPE_MISMATCH for another width */
export function requireColumns(features: Matrix, dimension: number): void {
  requireMatrix("features", features);
  if (features.dimension === dimension) return;
  throw new EspalierError(
    "SHAPE_MISMATCH",
    `features have ${features.dimension} columns, the model was fitted on ${dimension}`,
  );
}

/** float64 `[dimension]`; NaN without rows */
export function columnMeans({ data, rows, dimension }: Matrix): Float64Array {
  const means = new Float64Array(dimension);
  for (let i = 0; i < data.length; i++) {
    const column = i % dimension;
    means[column] = (means[column] as number) + (data[i] as number) / rows;
  }
  return means;
}
