import type { Curve } from "../report/bench-report.ts";
import { SMALL_SHAPE, type TrunkShape } from "./trunk-shape.ts";

/** A shape of a growth curve. */
export interface ScaleShape {
  readonly shape: TrunkShape;
  readonly curve: Curve;
}

/** What grows, from where to where; the rest is that of the small shape. */
const CURVES = [
  ["tokens a sentence", [16, 32, 64, 128], (lengthTokens) => ({ lengthTokens })],
  ["layers", [1, 2, 4, 8], (layers) => ({ layers })],
  ["sentences a batch", [8, 16, 32, 64, 128], (batch) => ({ batch })],
  ["tasks", [1, 2, 4, 8], (tasks) => ({ tasks })],
] as const satisfies readonly (readonly [
  string,
  readonly number[],
  (value: number) => Partial<TrunkShape>,
])[];

/** Every point of every curve; with `quick` the first and the last but one of each. */
export function scaleShapes(quick: boolean): ScaleShape[] {
  return CURVES.flatMap(([variable, values, change]) =>
    values
      .filter((_, i) => !quick || i === 0 || i === values.length - 2)
      .map((value) => ({
        shape: {
          ...SMALL_SHAPE,
          ...change(value),
          name: `${value} ${value === 1 ? variable.slice(0, -1) : variable}`,
        },
        curve: { variable, value },
      })),
  );
}
