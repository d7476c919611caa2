import { dot, type Numbers } from "./dot.ts";

/**
 * The dot products of all columns with each other: a symmetric matrix, of which the lower triangle is filled.
 * @param columns `[n, length]`, column after column
 * @returns float64 `[n, n]`
 */
export function gramMatrix(columns: Numbers, length: number): Float64Array {
  const n = columns.length / length;
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const column = columns.subarray(i * length, (i + 1) * length);
    for (let j = 0; j <= i; j++) gram[i * n + j] = dot(columns, j * length, column);
  }
  return gram;
}

/**
 * Factorises a symmetric positive definite matrix as `L Lᵀ`, in place.
 * @param matrix float64 `[n, n]`; only the lower triangle is read and written
 */
export function cholesky(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j] as number;
      for (let k = 0; k < j; k++)
        sum -= (matrix[i * n + k] as number) * (matrix[j * n + k] as number);
      matrix[i * n + j] = i === j ? Math.sqrt(sum) : sum / (matrix[j * n + j] as number);
    }
  }
}

/** Solves `L Lᵀ x = b` for the factor that `cholesky` left; `b` becomes `x`. */
export function choleskySolve(factor: Float64Array, b: Float64Array): void {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (factor[i * n + k] as number) * (b[k] as number);
    b[i] = sum / (factor[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; i--) {
    const x = (b[i] as number) / (factor[i * n + i] as number);
    b[i] = x;
    for (let k = 0; k < i; k++) b[k] = (b[k] as number) - (factor[i * n + k] as number) * x;
  }
}
