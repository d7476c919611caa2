import type { Encoding, TextInput } from "./encoding.ts";

/** Text → token ids. */
export interface Tokenizer {
  /** One more than the largest id: rows that an embedding table needs at least. */
  readonly vocabSize: number;
  readonly padId: number;
  /** Longest encoding, special tokens included. */
  readonly maxLengthTokens: number;
  /**
   * Encodes a text or a pair of texts. What is too long is cut at the end, before the last special token; of a pair, the longer
   * text is cut first. Any text is fine, also one with lone surrogates (read as U+FFFD).
   * @throws {EspalierError} CONFIG_INVALID for a limit above the tokenizer's or below its special tokens
   */
  encode(text: TextInput, options?: EncodeOptions): Encoding;
  /** The same for several texts, one encoding each. */
  encodeBatch(texts: readonly TextInput[], options?: EncodeOptions): Encoding[];
  /** What a saved model directory needs to give the same ids again: the files it was loaded from, unchanged. */
  files(): ReadonlyArray<{ readonly name: string; readonly bytes: Uint8Array }>;
}

export interface EncodeOptions {
  /** A lower limit for this call. Default: the tokenizer's. */
  readonly maxLengthTokens?: number;
}
