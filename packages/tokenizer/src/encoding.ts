/** A text, or two that share one sequence. */
export type TextInput = string | readonly [string, string];

/** One encoded text: special tokens included, already cut to its limit. */
export interface Encoding {
  /** int32 `[T]` */
  readonly ids: Int32Array;
  /** uint8 `[T]`, 0 for the first text of a pair, 1 for the second; left out where all are 0. */
  readonly typeIds?: Uint8Array;
}
