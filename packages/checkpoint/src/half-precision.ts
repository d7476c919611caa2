/**
 * Widens IEEE 754 half precision, subnormals, infinities and NaN included; every value is exact.
 * @param bits raw bits, one value each
 */
export function halfToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i] as number;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      values[i] = fraction * 2 ** -24;
      words[i] = (words[i] as number) | sign;
    } else {
      const wide = exponent === 0x1f ? 0xff : exponent + 112; // bias 127 - 15
      words[i] = sign | (wide << 23) | (fraction << 13);
    }
  }
  return values;
}

/** Widens bfloat16, the upper half of a float32. @param bits raw bits, one value each */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = Uint32Array.from(bits, (half) => half << 16);
  return new Float32Array(words.buffer);
}
