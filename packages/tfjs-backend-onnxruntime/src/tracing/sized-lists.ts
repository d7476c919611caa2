import { EspalierError } from "@espalier/core";
import { sameShape } from "../graph/value.ts";
import { type MadeUpSizes, type SizedNumber, sizedNumber, sizedValue } from "./sizes.ts";

/** Dimensions for given sizes; the same array for equal ones. */
export type Lists = (readonly number[])[];

/** Lists of numbers that follow from sizes, each different one once. */
export interface SizedLists {
  /** @returns its place. @throws {EspalierError} UNSUPPORTED when it does not follow from the sizes as a product */
  add(list: readonly number[], other: readonly number[]): number;
  varies(place: number): boolean;
  at(place: number, sizes: readonly number[]): readonly number[];
  evaluate(sizes: readonly number[]): Lists;
}

interface Entry {
  readonly fixed: readonly number[];
  /** Empty where the list does not vary. */
  readonly terms: readonly SizedNumber[];
}

export function createSizedLists(madeUp: MadeUpSizes): SizedLists {
  const places = new Map<string, number>();
  const entries: Entry[] = [];
  return {
    add(list, other) {
      expectEqual("dimensions", list.length, other.length);
      const key = `${list.join()};${other.join()}`;
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, entries.length);
      const terms = sameShape(list, other)
        ? []
        : list.map((value, i) => {
            const pair = [value, other[i] as number] as const;
            return sizedNumber(pair, madeUp) ?? unsupported(`a dimension is ${pair.join(" and ")}`);
          });
      return entries.push({ fixed: list, terms }) - 1;
    },
    varies: (place) => entries[place]?.terms.length !== 0,
    at: (place, sizes) => evaluated(entries[place] as Entry, sizes),
    evaluate: (sizes) => entries.map((entry) => evaluated(entry, sizes)),
  };
}

function evaluated({ fixed, terms }: Entry, sizes: readonly number[]): readonly number[] {
  return terms.length === 0 ? fixed : terms.map((term) => sizedValue(term, sizes));
}

export function expectEqual(what: string, a: number, b: number): void {
  if (a !== b) unsupported(`${what}: ${a} and ${b}`);
}

export function unsupported(what: string): never {
  throw new EspalierError(
    "UNSUPPORTED",
    `compile: the function depends on sizes in a way that can't be recorded; for two sets of them, ${what}`,
  );
}
