/** The module of `@xenova/transformers` that has its tokenizers; it comes without declarations at this path. */
declare module "@xenova/transformers/src/tokenizers.js" {
  interface LibraryAddedToken {
    readonly id: number;
    readonly content: string;
    readonly single_word: boolean;
    readonly lstrip: boolean;
    readonly rstrip: boolean;
    readonly special: boolean;
    readonly normalized: boolean | null;
  }

  class PreTrainedTokenizer {
    constructor(tokenizerJson: unknown, tokenizerConfig: unknown);
    readonly added_tokens: readonly LibraryAddedToken[];
    readonly model: { readonly tokens_to_ids: ReadonlyMap<string, number> };
  }

  const AutoTokenizer: {
    readonly TOKENIZER_CLASS_MAPPING: Readonly<Record<string, typeof PreTrainedTokenizer>>;
    from_pretrained(
      name: string,
      options: { readonly cache_dir: string; readonly local_files_only: boolean },
    ): Promise<PreTrainedTokenizer>;
  };

  export { AutoTokenizer, type LibraryAddedToken, PreTrainedTokenizer };
}
