export type { Encoding, TextInput } from "./encoding.ts";
export { type LoadTokenizerOptions, loadTokenizer } from "./load-tokenizer.ts";
export { type PackedTokens, pack } from "./packed-tokens.ts";
export { type PaddedTokens, pad } from "./padded-tokens.ts";
export { sortByLength } from "./sort-by-length.ts";
export type { EncodeOptions, Tokenizer } from "./tokenizer.ts";
export { createUnigramTokenizer, type UnigramDefinition } from "./unigram-tokenizer.ts";
export { type UniqueTexts, unique } from "./unique-texts.ts";
