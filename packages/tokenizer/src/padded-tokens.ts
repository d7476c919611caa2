import type { Encoding } from "./encoding.ts";

/** Encodings as rows of equal length, filled up on the right. */
export interface PaddedTokens {
  /** int32 `[B · T]`, row-major */
  readonly ids: Int32Array;
  /** int32 `[B · T]`, 1 = token, 0 = padding */
  readonly mask: Int32Array;
  /** int32 `[B · T]`; left out where no encoding has any */
  readonly typeIds?: Int32Array;
  /** B */
  readonly batch: number;
  /** T, the longest encoding's length */
  readonly lengthTokens: number;
}

/** Pads encodings to the longest of them. @param options.padId id that fills up */
export function pad(
  encodings: readonly Encoding[],
  options: { readonly padId: number },
): PaddedTokens {
  const batch = encodings.length;
  const lengthTokens = encodings.reduce((longest, { ids }) => Math.max(longest, ids.length), 0);
  const ids = new Int32Array(batch * lengthTokens).fill(options.padId);
  const mask = new Int32Array(batch * lengthTokens);
  const typeIds = new Int32Array(batch * lengthTokens);
  let typed = false;
  for (const [b, encoding] of encodings.entries()) {
    const start = b * lengthTokens;
    ids.set(encoding.ids, start);
    mask.fill(1, start, start + encoding.ids.length);
    if (encoding.typeIds !== undefined) {
      typeIds.set(encoding.typeIds, start);
      typed = true;
    }
  }
  return typed ? { ids, mask, typeIds, batch, lengthTokens } : { ids, mask, batch, lengthTokens };
}
