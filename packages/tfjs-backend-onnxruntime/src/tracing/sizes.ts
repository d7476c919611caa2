/** A number that follows from sizes: factor · Π sizeᵢ^exponentᵢ. A plain number has no exponents above 0. */
export interface SizedNumber {
  readonly factor: number;
  readonly exponents: readonly number[];
}

/** Two sets of values for the same sizes. */
export type MadeUpSizes = readonly [readonly number[], readonly number[]];

/**
 * Sizes to record a function with, two sets of them: primes, so that a product of sizes tells which it is made of.
 * Two sets, because a number that is no such product differs from what one set makes of the other.
 */
const MADE_UP: MadeUpSizes = [
  [1009, 1021, 1033, 1049, 1061, 1069, 1091, 1097],
  [1013, 1031, 1039, 1051, 1063, 1087, 1093, 1103],
];

/** @throws {RangeError} for more sizes than there are */
export function madeUpSizes(count: number): MadeUpSizes {
  if (count > MADE_UP[0].length) {
    throw new RangeError(`${count} sizes, at most ${MADE_UP[0].length} can be told apart`);
  }
  return [MADE_UP[0].slice(0, count), MADE_UP[1].slice(0, count)];
}

/** What a number is that came out as `values` when the sizes were `sizes`; undefined when it is no product of them. */
export function sizedNumber(
  values: readonly [number, number],
  sizes: MadeUpSizes,
): SizedNumber | undefined {
  if (values[0] === values[1]) return { factor: values[0], exponents: sizes[0].map(() => 0) };
  // A constant may happen to hold a prime of one set; then the other set shows the product.
  for (const set of [0, 1] as const) {
    const candidate = factorized(values[set], sizes[set]);
    if (sizedValue(candidate, sizes[1 - set] as readonly number[]) === values[1 - set])
      return candidate;
  }
  return undefined;
}

export function sizedValue({ factor, exponents }: SizedNumber, sizes: readonly number[]): number {
  return exponents.reduce(
    (product, exponent, i) => product * (sizes[i] as number) ** exponent,
    factor,
  );
}

function factorized(value: number, primes: readonly number[]): SizedNumber {
  let factor = value;
  const exponents = primes.map((prime) => {
    let exponent = 0;
    for (; factor !== 0 && factor % prime === 0; exponent++) factor /= prime;
    return exponent;
  });
  return { factor, exponents };
}
