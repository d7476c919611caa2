import type { TrunkShape } from "./trunk-shape.ts";

/** One matrix product `[m, k] × [k, n]`, done `times` times in a step. */
export interface MatrixProduct {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly times: number;
}

export interface NeededProducts {
  /** Products with weights: large, and nearly all of the work. */
  readonly dense: readonly MatrixProduct[];
  /** Scores and weighted values of attention: small, and many. */
  readonly attention: readonly MatrixProduct[];
}

/** A step is a forward, and a backward that needs each product twice more: for its input and for its weight. */
export const FORWARD_AND_BACKWARD = 3;

/**
 * The matrix products that a forward can't do without when only the first token's vector is read: in the last layer
 * only keys and values need all rows.
 */
export function neededProducts(shape: TrunkShape): NeededProducts {
  const { layers, width, feedForward, heads, batch, lengthTokens } = shape;
  const tokens = batch * lengthTokens;
  const perHead = width / heads;
  const before = layers - 1;
  const attention = (queries: number, times: number): MatrixProduct[] => [
    { m: queries, k: perHead, n: lengthTokens, times },
    { m: queries, k: lengthTokens, n: perHead, times },
  ];
  return {
    dense: [
      { m: tokens, k: width, n: width, times: 4 * before + 2 },
      { m: tokens, k: width, n: feedForward, times: before },
      { m: tokens, k: feedForward, n: width, times: before },
      { m: batch, k: width, n: width, times: 2 },
      { m: batch, k: width, n: feedForward, times: 1 },
      { m: batch, k: feedForward, n: width, times: 1 },
    ].filter(({ times }) => times > 0),
    attention: [
      ...(before > 0 ? attention(lengthTokens, before * batch * heads) : []),
      ...attention(1, batch * heads),
    ],
  };
}

/** Floating-point operations of products: `2·m·k·n` each. */
export function flops(products: readonly MatrixProduct[]): number {
  return products.reduce((sum, { m, k, n, times }) => sum + 2 * m * k * n * times, 0);
}
