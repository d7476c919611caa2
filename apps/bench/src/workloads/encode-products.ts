import type { SentenceTransformer } from "@espalier/encoder";
import { flops, type MatrixProduct } from "./matrix-products.ts";

export interface EncodeProducts {
  /** Floating-point operations on real tokens: padding is not needed. */
  readonly flops: number;
  /** The products with weights of one launch of average size, whose speed is the limit's. */
  readonly dense: readonly MatrixProduct[];
}

/** Only these work on every token of the last layer, where the vector reads one token a text. */
const KEYS_AND_VALUES = /\b(key|value|k_lin|v_lin)\b/;

/**
 * The matrix products that vectors of texts can't do without.
 * @param lengths tokens of each text
 * @param batchSize texts a launch
 */
export function encodeProducts(
  model: SentenceTransformer,
  lengths: readonly number[],
  batchSize: number,
): EncodeProducts {
  const { layerCount, width, poolingModes } = model;
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const oneToken = poolingModes.length === 1 && poolingModes[0] === "cls";
  const launch = Math.min(batchSize, lengths.length);
  const rowsOf = (name: string, layer: number | undefined): number =>
    oneToken && layer === layerCount - 1 && !KEYS_AND_VALUES.test(name) ? lengths.length : tokens;
  const products = model.parameters.entries().flatMap(({ path, variable }): MatrixProduct[] => {
    const [n = 0, k = 0] = variable.shape;
    if (variable.rank !== 2 || path.group === "embeddings") return [];
    return [
      {
        m: path.group === "encoder" ? rowsOf(path.name, path.layer) : lengths.length,
        k,
        n,
        times: 1,
      },
    ];
  });
  const queries = oneToken ? layerCount - 1 : layerCount;
  const attention = lengths.reduce(
    (sum, length) => sum + 4 * length * width * (length * queries + (oneToken ? 1 : 0)),
    0,
  );
  const share = launch / lengths.length;
  return {
    flops: flops(products) + attention,
    dense: grouped(products.map((one) => ({ ...one, m: Math.max(1, Math.round(one.m * share)) }))),
  };
}

/** Equal shapes become one with their number. */
function grouped(products: readonly MatrixProduct[]): MatrixProduct[] {
  const found = new Map<string, MatrixProduct>();
  for (const { m, k, n, times } of products) {
    const key = `${m} ${k} ${n}`;
    found.set(key, { m, k, n, times: times + (found.get(key)?.times ?? 0) });
  }
  return [...found.values()];
}
