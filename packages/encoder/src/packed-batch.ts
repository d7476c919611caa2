import { EspalierError } from "@espalier/core";
import { type AttentionIndex, attentionIndex, type BatchFeed, feedOf } from "@espalier/ops";
import type { Encoding } from "@espalier/tokenizer";

/**
 * Texts of one batch without padding: N rows, one a token, and a last dummy row where attention has padded slots;
 * nothing reads what is computed for it.
 */
export interface PackedBatch {
  /** B */
  readonly texts: number;
  /** int32 `[B + 1]`: text b is rows `starts[b] .. starts[b + 1]`. A text without tokens has one row nobody reads. */
  readonly starts: Int32Array;
  /** int32 `[B]`: tokens of each text; less than its rows only for a text without tokens. */
  readonly lengths: Int32Array;
  /** int32 `[N]`, 0 in a dummy row */
  readonly ids: Int32Array;
  /** int32 `[N]`, position within the text */
  readonly positions: Int32Array;
  /** int32 `[N]`, segment of a pair */
  readonly typeIds: Int32Array;
  /** Tokens at the start of every text that pooling may leave out (a prompt). */
  readonly promptTokens: number;
  /** How rows map to the slots `[B, H, T]` of attention. */
  readonly attention: AttentionIndex;
}

/** Sizes that differ from batch to batch. */
export type PackedSizes = FullSizes | (FullSizes & { /** N */ readonly rows: number });

/** Those of a batch without padding: N is B · T. */
interface FullSizes {
  readonly [name: string]: number;
  /** B */
  readonly texts: number;
  /** T, slots a text in attention */
  readonly slots: number;
}

/** Where a forward pass takes its index arrays from: one batch, or each batch of a compiled function. */
export type PackedFeed = BatchFeed<PackedBatch, PackedSizes>;

export function packedSizes({ texts, ids, attention }: PackedBatch): PackedSizes {
  const sizes = { texts, slots: attention.lengthTokens };
  return attention.full ? sizes : { ...sizes, rows: ids.length };
}

/** N */
export function packedRows(sizes: PackedSizes): number {
  return sizes.rows ?? sizes.texts * sizes.slots;
}

/** The feed of one batch; a feed is itself. */
export function packedFeed(batch: PackedBatch | PackedFeed): PackedFeed {
  return "array" in batch ? batch : feedOf(batch, packedSizes(batch));
}

export interface PackOptions {
  /** H */
  readonly heads: number;
  /** Default 0. */
  readonly promptTokens?: number;
}

/**
 * Packs encoded texts. All index arrays of the forward and backward pass are computed here, once a batch.
 * @param encodings at least one
 * @throws {EspalierError} SHAPE_MISMATCH for an empty batch
 */
export function packBatch(encodings: readonly Encoding[], options: PackOptions): PackedBatch {
  const texts = encodings.length;
  if (texts === 0)
    throw new EspalierError("SHAPE_MISMATCH", "a batch has 0 texts, expected at least one");
  const lengths = Int32Array.from(encodings, ({ ids }) => ids.length);
  const starts = new Int32Array(texts + 1);
  for (const [b, length] of lengths.entries())
    starts[b + 1] = (starts[b] as number) + Math.max(1, length);
  const used = starts[texts] as number;
  const longest = Math.max(1, ...lengths);
  const rows = used === texts * longest ? used : used + 1;
  const ids = new Int32Array(rows);
  const positions = new Int32Array(rows);
  const typeIds = new Int32Array(rows);
  for (const [b, encoding] of encodings.entries()) {
    const start = starts[b] as number;
    ids.set(encoding.ids, start);
    if (encoding.typeIds !== undefined) typeIds.set(encoding.typeIds, start);
    for (let t = 0; t < encoding.ids.length; t++) positions[start + t] = t;
  }
  const { heads, promptTokens = 0 } = options;
  const attention = attentionIndex(starts, { heads, rows, lengthTokens: longest });
  return { texts, starts, lengths, ids, positions, typeIds, promptTokens, attention };
}
