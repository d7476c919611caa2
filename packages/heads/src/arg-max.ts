/** The index of the largest value, the first of several. @param row finite values, at least one */
export function argMax(row: Float32Array): number {
  return row.reduce((best, value, k) => (value > (row[best] as number) ? k : best), 0);
}
