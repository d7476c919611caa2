import type { Encoding } from "./encoding.ts";

/** Encodings one after the other, without padding. */
export interface PackedTokens {
  /** int32 `[N]` */
  readonly ids: Int32Array;
  /** int32 `[B + 1]`, text b is `ids[starts[b] .. starts[b + 1])` */
  readonly starts: Int32Array;
  /** uint8 `[N]`; left out where no encoding has any */
  readonly typeIds?: Uint8Array;
}

/** Joins encodings into one packed batch. */
export function pack(encodings: readonly Encoding[]): PackedTokens {
  const starts = new Int32Array(encodings.length + 1);
  for (const [b, { ids }] of encodings.entries()) {
    starts[b + 1] = (starts[b] as number) + ids.length;
  }
  const total = starts[encodings.length] as number;
  const ids = new Int32Array(total);
  const typeIds = new Uint8Array(total);
  let typed = false;
  for (const [b, encoding] of encodings.entries()) {
    ids.set(encoding.ids, starts[b]);
    if (encoding.typeIds !== undefined) {
      typeIds.set(encoding.typeIds, starts[b]);
      typed = true;
    }
  }
  return typed ? { ids, starts, typeIds } : { ids, starts };
}
