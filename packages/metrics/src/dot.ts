/** Rows of numbers in memory one after the other. */
export type Numbers = Float64Array | Float32Array;

/** The dot product of `vector` with the entries of `matrix` from `start`, in double precision. */
export function dot(matrix: Numbers, start: number, vector: Numbers): number {
  const length = vector.length;
  // Four sums at a time keep the processor's adders busy.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    a += (matrix[start + i] as number) * (vector[i] as number);
    b += (matrix[start + i + 1] as number) * (vector[i + 1] as number);
    c += (matrix[start + i + 2] as number) * (vector[i + 2] as number);
    d += (matrix[start + i + 3] as number) * (vector[i + 3] as number);
  }
  for (; i < length; i++) a += (matrix[start + i] as number) * (vector[i] as number);
  return a + b + c + d;
}
