/** The least length a vector is divided by, as `torch.nn.functional.normalize` has it. */
export const SMALLEST_NORM = 1e-12;

/** Divides each vector by its L2 norm, in place. @param vectors float32 `[rows, dimension]`, row-major */
export function normalizeVectors(vectors: Float32Array, dimension: number): void {
  for (let start = 0; start < vectors.length; start += dimension) {
    const row = vectors.subarray(start, start + dimension);
    let squares = 0;
    for (const x of row) squares += x * x;
    const norm = Math.max(Math.sqrt(squares), SMALLEST_NORM);
    for (const [i, x] of row.entries()) row[i] = x / norm;
  }
}
