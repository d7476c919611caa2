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
