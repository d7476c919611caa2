import { EspalierError } from "@espalier/core";

/**
 * The limit of one call to `encode`.
 * @param asked by the call; undefined: the tokenizer's own
 * @param range.least tokens that are always there
 * @param range.most the tokenizer's limit
 * @throws {EspalierError} CONFIG_INVALID outside of that
 */
export function limitOf(
  asked: number | undefined,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const limit = asked ?? most;
  if (Number.isInteger(limit) && limit >= least && limit <= most) return limit;
  throw new EspalierError(
    "CONFIG_INVALID",
    `maxLengthTokens is ${limit}, expected a whole number from ${least} (the special tokens) to ${most} (the tokenizer's limit)`,
  );
}
