/**
 * Sinusoidal positions in two halves, `[sin(t · f₀) … | cos(t · f₀) …]`, with frequencies falling geometrically from 1 to
 * 1/10,000 (tensor2tensor's timing signal).
 * @param width even
 * @returns float32 `[positions, width]`, row-major
 */
export function timingSignal(positions: number, width: number): Float32Array {
  const half = width / 2;
  const step = Math.log(10_000) / (half - 1);
  const frequencies = Float32Array.from({ length: half }, (_, i) => Math.exp(-i * step));
  const signal = new Float32Array(positions * width);
  for (let t = 0; t < positions; t++)
    for (const [i, frequency] of frequencies.entries()) {
      const angle = Math.fround(t * frequency); // as float32 arithmetic has it
      signal[t * width + i] = Math.sin(angle);
      signal[t * width + half + i] = Math.cos(angle);
    }
  return signal;
}
