/**
 * The next size on a ladder, so that batches of many sizes share few shapes and few compiled graphs. Rungs are
 * equally spaced within an octave and never closer than 8.
 * @param size at least 1
 * @param rungs an octave: 16 adds at most 1/16 from size 128 on, half of that on average
 */
export function roundUp(size: number, rungs: number): number {
  const step = Math.max(8, 2 ** Math.floor(Math.log2(size)) / rungs);
  return Math.ceil(size / step) * step;
}
