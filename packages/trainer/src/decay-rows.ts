/**
 * Multiplies some rows of a table by several factors, one after the other, each product rounded to single precision: what
 * as many updates would have done, in one pass.
 * @param values float32 `[rows, width]`, changed in place
 */
export function decayRows(
  values: Float32Array,
  options: {
    readonly width: number;
    readonly isIdle: (row: number) => boolean;
    /** In order; rounded to single precision. */
    readonly factors: readonly number[];
  },
): void {
  const { width, isIdle } = options;
  const factors = Float32Array.from(options.factors);
  if (factors.length === 0) return;
  const rows = values.length / width;
  for (let row = 0; row < rows; ) {
    let end = row;
    while (end < rows && isIdle(end)) end++;
    decay(values.subarray(row * width, end * width), factors);
    row = end + 1;
  }
}

/** Eight values at a time: a product has to wait for the one before it, but not for those of other values. */
function decay(values: Float32Array, factors: Float32Array): void {
  const { length } = values;
  const whole = length - (length % 8);
  for (let i = 0; i < whole; i += 8) {
    let a = values[i] as number;
    let b = values[i + 1] as number;
    let c = values[i + 2] as number;
    let d = values[i + 3] as number;
    let e = values[i + 4] as number;
    let f = values[i + 5] as number;
    let g = values[i + 6] as number;
    let h = values[i + 7] as number;
    for (let k = 0; k < factors.length; k++) {
      const factor = factors[k] as number;
      a = Math.fround(a * factor);
      b = Math.fround(b * factor);
      c = Math.fround(c * factor);
      d = Math.fround(d * factor);
      e = Math.fround(e * factor);
      f = Math.fround(f * factor);
      g = Math.fround(g * factor);
      h = Math.fround(h * factor);
    }
    values[i] = a;
    values[i + 1] = b;
    values[i + 2] = c;
    values[i + 3] = d;
    values[i + 4] = e;
    values[i + 5] = f;
    values[i + 6] = g;
    values[i + 7] = h;
  }
  for (let i = whole; i < length; i++)
    for (const factor of factors) values[i] = (values[i] as number) * factor;
}
