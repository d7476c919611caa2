/**
 * exp(xᵢ) / Σ exp(xⱼ), computed in float64 with the largest value subtracted first, so nothing overflows.
 * @param row finite values
 * @returns probabilities that sum to 1
 */
export function softmax(row: Float32Array): Float64Array {
  const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponents = Float64Array.from(row, (value) => Math.exp(value - largest));
  const total = exponents.reduce((a, b) => a + b, 0);
  return exponents.map((value) => value / total);
}
