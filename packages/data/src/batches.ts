import { EspalierError, type Rng } from "@espalier/core";

export interface BatchOptions {
  /** Number of examples; every index below it comes once. */
  readonly count: number;
  /** Tokens of each example, `[count]`; needed for `similar-length`, `sorted` and `tokenBudget`. */
  readonly lengthsTokens?: ArrayLike<number>;
  /** Most examples in a batch. May be left out with `tokenBudget`. */
  readonly batchSize?: number;
  /** Most tokens in a batch, padding not counted. */
  readonly tokenBudget?: number;
  /**
   * - `shuffled` (default): at random
   * - `similar-length`: at random, but batches of like lengths: shuffled, sorted within stretches of 50
   *   batches, and the batches shuffled (as `group_by_length` of transformers)
   * - `sorted`: longest first, so that memory peaks at the start
   * - `sequential`: as they come
   */
  readonly order?: "shuffled" | "similar-length" | "sorted" | "sequential";
  /** This epoch's stream; needed for `shuffled` and `similar-length`. The result depends on it alone. */
  readonly rng?: Rng;
  /** Leave out a last batch with fewer than `batchSize` examples. Default false. */
  readonly dropLast?: boolean;
}

const MEGA_BATCHES = 50;

/**
 * Composes the batches of one epoch.
 * @returns int32 indices, one array a batch, none of them empty
 * @throws {EspalierError} CONFIG_INVALID for settings that do not fit together or an example longer
 * than the token budget; SHAPE_MISMATCH when `lengthsTokens` does not have `count` entries
 */
export function batches(options: BatchOptions): Int32Array[] {
  check(options);
  const order = options.order ?? "shuffled";
  const cut = cutBatches(indices(options, order), options);
  const last = cut.at(-1);
  if (options.dropLast && last !== undefined && last.length < (options.batchSize as number))
    cut.pop();
  if (order !== "similar-length") return cut;
  const shuffled = streamOf(options, order).fork("batches").permutation(cut.length);
  return Array.from(shuffled, (index) => cut[index] as Int32Array);
}

function indices(options: BatchOptions, order: NonNullable<BatchOptions["order"]>): Int32Array {
  const { count } = options;
  if (order === "sequential") return Int32Array.from({ length: count }, (_, i) => i);
  if (order === "sorted") {
    return byLength(
      Int32Array.from({ length: count }, (_, i) => i),
      lengthsOf(options, order),
    );
  }
  const shuffled = streamOf(options, order).fork("examples").permutation(count);
  if (order === "shuffled") return shuffled;
  const lengths = lengthsOf(options, order);
  const rows = rowsPerBatch(options);
  // Small data keeps at least four stretches, or every epoch would have the same batches.
  const mega = rows * Math.max(1, Math.min(MEGA_BATCHES, Math.floor(count / (4 * rows))));
  for (let start = 0; start < count; start += mega) {
    byLength(shuffled.subarray(start, start + mega), lengths);
  }
  return shuffled;
}

function byLength(indices: Int32Array, lengths: ArrayLike<number>): Int32Array {
  return indices.sort((a, b) => (lengths[b] as number) - (lengths[a] as number));
}

function rowsPerBatch({ count, lengthsTokens, batchSize, tokenBudget }: BatchOptions): number {
  if (tokenBudget === undefined || lengthsTokens === undefined) return batchSize as number;
  let total = 0;
  for (let i = 0; i < count; i++) total += lengthsTokens[i] as number;
  const rows = Math.max(1, Math.floor((tokenBudget * count) / Math.max(1, total)));
  return Math.min(rows, batchSize ?? rows);
}

function cutBatches(order: Int32Array, options: BatchOptions): Int32Array[] {
  const { batchSize = order.length, tokenBudget = Number.POSITIVE_INFINITY } = options;
  const lengths = options.tokenBudget === undefined ? undefined : lengthsOf(options, "tokenBudget");
  const cut: Int32Array[] = [];
  let start = 0;
  let tokens = 0;
  for (const [position, index] of order.entries()) {
    const length = lengths === undefined ? 0 : (lengths[index] as number);
    if (length > tokenBudget) {
      const what = `example ${index} has ${length} tokens, more than the token budget ${tokenBudget}`;
      throw new EspalierError("CONFIG_INVALID", what);
    }
    if (position - start === batchSize || tokens + length > tokenBudget) {
      cut.push(order.slice(start, position));
      start = position;
      tokens = 0;
    }
    tokens += length;
  }
  if (start < order.length) cut.push(order.slice(start));
  return cut;
}

function check({ count, lengthsTokens, batchSize, tokenBudget, dropLast }: BatchOptions): void {
  requireWhole("count", count, 0);
  if (batchSize !== undefined) requireWhole("batchSize", batchSize, 1);
  if (tokenBudget !== undefined) requireWhole("tokenBudget", tokenBudget, 1);
  if (batchSize === undefined && tokenBudget === undefined) {
    throw new EspalierError("CONFIG_INVALID", "batches need batchSize or tokenBudget");
  }
  if (dropLast && (batchSize === undefined || tokenBudget !== undefined)) {
    throw new EspalierError(
      "CONFIG_INVALID",
      "dropLast needs batches of a fixed size: batchSize without tokenBudget",
    );
  }
  if (lengthsTokens !== undefined && lengthsTokens.length !== count) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `lengthsTokens has ${lengthsTokens.length} entries for ${count} examples`,
    );
  }
}

function requireWhole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new EspalierError(
    "CONFIG_INVALID",
    `${name} has to be a whole number from ${least}, not ${value}`,
  );
}

function streamOf({ rng }: BatchOptions, order: string): Rng {
  if (rng !== undefined) return rng;
  throw new EspalierError("CONFIG_INVALID", `the order "${order}" needs an rng`);
}

function lengthsOf({ lengthsTokens }: BatchOptions, what: string): ArrayLike<number> {
  if (lengthsTokens !== undefined) return lengthsTokens;
  throw new EspalierError("CONFIG_INVALID", `"${what}" needs lengthsTokens`);
}
