import { POOLING_MODES, type PoolingMode, type PoolingModule } from "@espalier/checkpoint";
import { didYouMean, EspalierError } from "@espalier/core";

/** What a caller may decide about a model, instead of what its files say. */
export interface ModelOptions {
  /**
   * How token states become the vector; several modes are concatenated. Default: the model's own way; a plain
   * checkpoint has none and gets mean.
   */
  readonly pooling?: PoolingMode | readonly PoolingMode[] | undefined;
  /** Longer texts are cut, special tokens included. Default: the model's limit. */
  readonly maxLengthTokens?: number | undefined;
  /** `encode` keeps only the first so many dimensions. Default: what the model says, else all. */
  readonly truncateDimension?: number | undefined;
}

/** @throws {EspalierError} NAME_UNKNOWN for an unknown mode, CONFIG_INVALID for none */
export function choosePooling(own: PoolingModule, options: ModelOptions): PoolingModule {
  if (options.pooling === undefined) return own;
  const modes = typeof options.pooling === "string" ? [options.pooling] : options.pooling;
  if (modes.length === 0)
    throw new EspalierError("CONFIG_INVALID", "pooling has no modes, expected at least one");
  for (const mode of modes)
    if (!POOLING_MODES.includes(mode))
      throw new EspalierError(
        "NAME_UNKNOWN",
        `pooling "${mode}" is not one of ${POOLING_MODES.join(", ")}${didYouMean(mode, POOLING_MODES)}`,
      );
  return { ...own, modes };
}

/**
 * @param own what the model's files say; undefined when they do not
 * @throws {EspalierError} CONFIG_INVALID when the limit is no positive integer or there are fewer positions
 */
export function chooseMaxLength(
  options: ModelOptions,
  own: { readonly maxLengthTokens: number | undefined; readonly place: string },
  positions: number,
): number {
  const limit = options.maxLengthTokens ?? own.maxLengthTokens ?? positions;
  const place = options.maxLengthTokens === undefined ? own.place : "options";
  if (!Number.isInteger(limit) || limit < 1 || limit > positions)
    throw new EspalierError(
      "CONFIG_INVALID",
      `${place}: maxLengthTokens is ${limit}, expected 1 to ${positions}, the number of the model's positions`,
    );
  return limit;
}

/**
 * @param dimension of the vectors before the cut
 * @throws {EspalierError} CONFIG_INVALID when it is no positive integer or larger than the dimension
 */
export function chooseTruncation(
  own: number | undefined,
  options: ModelOptions,
  dimension: number,
): number | undefined {
  const size = options.truncateDimension ?? own;
  if (size !== undefined && (!Number.isInteger(size) || size < 1 || size > dimension))
    throw new EspalierError(
      "CONFIG_INVALID",
      `truncateDimension is ${size}, expected 1 to ${dimension}, the size of the model's vectors`,
    );
  return size;
}
