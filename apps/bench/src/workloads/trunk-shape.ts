/** Size of a trunk and of the batches it is timed on. */
export interface TrunkShape {
  readonly name: string;
  readonly architecture: "distilbert" | "bert";
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly batch: number;
  readonly lengthTokens: number;
}

/** The shapes every timing of a training step is quoted for. */
export const TRUNK_SHAPES: readonly TrunkShape[] = [
  {
    name: "distilbert 16×64",
    architecture: "distilbert",
    layers: 6,
    width: 768,
    heads: 12,
    feedForward: 3072,
    vocabulary: 30_522,
    batch: 16,
    lengthTokens: 64,
  },
  {
    name: "minilm-l6 32×32",
    architecture: "bert",
    layers: 6,
    width: 384,
    heads: 12,
    feedForward: 1536,
    vocabulary: 30_522,
    batch: 32,
    lengthTokens: 32,
  },
  {
    name: "2 layers × 256, 32×32",
    architecture: "distilbert",
    layers: 2,
    width: 256,
    heads: 4,
    feedForward: 1024,
    vocabulary: 30_522,
    batch: 32,
    lengthTokens: 32,
  },
];

/** One matrix product `[m, k] × [k, n]`, done `times` times in a step. */
export interface MatrixProduct {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly times: number;
}

/**
 * The matrix products a forward of this shape needs; the backward needs each of them twice more
 * (one for the input, one for the weight).
 */
export function forwardProducts(shape: TrunkShape, tokens: number): MatrixProduct[] {
  const { layers, width, feedForward, heads, batch, lengthTokens } = shape;
  const perHead = width / heads;
  return [
    { m: tokens, k: width, n: width, times: 4 * layers },
    { m: tokens, k: width, n: feedForward, times: layers },
    { m: tokens, k: feedForward, n: width, times: layers },
    { m: lengthTokens, k: perHead, n: lengthTokens, times: layers * batch * heads },
    { m: lengthTokens, k: lengthTokens, n: perHead, times: layers * batch * heads },
  ];
}

/** Floating-point operations of products: `2·m·k·n` each. */
export function flops(products: readonly MatrixProduct[]): number {
  return products.reduce((sum, { m, k, n, times }) => sum + 2 * m * k * n * times, 0);
}
