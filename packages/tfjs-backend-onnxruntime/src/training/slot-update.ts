import type { AdamWStep } from "@espalier/ops";
import type { AdamWFactors, AdamWKernels, UpdateArguments } from "./adamw-wasm.ts";
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
 * @param how hyper: of the step; scale: of the gradient; sums: whether the sum of squares is asked for
 * @returns the sum of squares of the gradient before scaling, 0 where it is not asked for
 */
export function updateSlot(
  slot: SlotState,
  index: number,
  how: { readonly hyper: AdamWStep; readonly scale: number; readonly sums: boolean },
): number {
  const { weights, first, second, gradient, gradientEnd, kernels, rows } = slot;
  if (weights.length === 0) return 0;
  const factors = factorsOf(slot, index, how);
  const place = (start: number, gradientStop: number): UpdateArguments => [
    weights.byteOffset + start,
    first.byteOffset + start,
    second.byteOffset + start,
    gradient.byteOffset + start,
    gradientStop,
    ...factors,
  ];
  if (rows === undefined || slot.gradientRanges === undefined) {
    if (how.sums) return kernels.updateAndSum(...place(0, gradientEnd));
    kernels.update(...place(0, gradientEnd));
    return 0;
  }
  const { touched, others } = rows.ranges();
  for (const { start, end } of touched) {
    kernels.update(...place(start * 4, gradient.byteOffset + end * 4));
  }
  const decay = factors[6];
  if (decay !== 1) {
    for (const { start, end } of others) {
      kernels.decay(weights.byteOffset + start * 4, weights.byteOffset + end * 4, decay);
    }
  }
  // Summed by the rows of this gradient, not of all before: a run that is resumed has the same numbers.
  return how.sums ? sumOfSquares(slot) : 0;
}

function factorsOf(
  slot: SlotState,
  index: number,
  { hyper, scale }: { readonly hyper: AdamWStep; readonly scale: number },
): AdamWFactors {
  const { beta1, beta2, epsilon } = hyper;
  const rate = hyper.learningRates[index] as number;
  const times = hyper.updates[index] as number;
  const correction = Math.sqrt(1 - beta2 ** times);
  return [
    beta1,
    (1 - beta1) * scale,
    beta2,
    (1 - beta2) * scale * scale,
    epsilon * correction,
    (rate * correction) / (1 - beta1 ** times),
    1 - rate * slot.weightDecay,
  ];
}
