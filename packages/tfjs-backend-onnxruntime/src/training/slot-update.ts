import type { AdamWStep } from "@espalier/ops";
import type { AdamWKernels } from "./adamw-wasm.ts";
import type { SlotRegion } from "./slot-memory.ts";
import type { ElementRange, TouchedRows } from "./touched-rows.ts";

/** A parameter's region and what is known about the zeros in it. */
export interface SlotState extends SlotRegion {
  readonly weightDecay: number;
  /** The rows that have had a gradient; undefined: not told apart. */
  readonly rows: TouchedRows | undefined;
  /** The only elements of `gradient` that may not be zero; undefined: all. */
  readonly gradientRanges: readonly ElementRange[] | undefined;
}

/** Of the gradient before scaling. */
export function sumOfSquares(slot: SlotState): number {
  const { gradient, gradientEnd, gradientRanges, rows, kernels } = slot;
  const base = gradient.byteOffset;
  if (rows === undefined || gradientRanges === undefined) {
    return sumBetween(kernels, base, gradientEnd);
  }
  let sum = 0;
  for (const { start, end } of gradientRanges) {
    sum += sumBetween(kernels, base + start * 4, base + end * 4);
  }
  return sum;
}

function sumBetween(kernels: AdamWKernels, start: number, end: number): number {
  if (start === end) return 0;
  const quarter = (end - start) / 4;
  const [second, third, fourth] = [start + quarter, start + 2 * quarter, start + 3 * quarter];
  return kernels.sumOfSquares(start, second, third, fourth, second);
}

/**
 * One step of AdamW on a slot; rows that never had a gradient only decay.
 * @returns the sum of squares of the gradient before scaling
 */
export function updateSlot(
  slot: SlotState,
  index: number,
  how: { readonly hyper: AdamWStep; readonly scale: number },
): number {
  const { weights, first, second, gradient, gradientEnd, kernels, rows } = slot;
  if (weights.length === 0) return 0;
  const { beta1, beta2, epsilon, learningRates, updates } = how.hyper;
  const rate = learningRates[index] as number;
  const times = updates[index] as number;
  const decay = 1 - rate * slot.weightDecay;
  const update = (start: number, gradientStop: number): number =>
    kernels.update(
      weights.byteOffset + start,
      first.byteOffset + start,
      second.byteOffset + start,
      gradient.byteOffset + start,
      gradientStop,
      how.scale,
      beta1,
      1 - beta1,
      beta2,
      1 - beta2,
      epsilon,
      1 / Math.sqrt(1 - beta2 ** times),
      rate / (1 - beta1 ** times),
      decay,
    );
  if (rows === undefined || slot.gradientRanges === undefined) return update(0, gradientEnd);
  const { touched, others } = rows.ranges();
  // Summed by the rows of this gradient, not of all before: a run that is resumed has the same numbers.
  const squares = sumOfSquares(slot);
  for (const { start, end } of touched) update(start * 4, gradient.byteOffset + end * 4);
  if (decay === 1) return squares;
  for (const { start, end } of others) {
    kernels.decay(weights.byteOffset + start * 4, weights.byteOffset + end * 4, decay);
  }
  return squares;
}
