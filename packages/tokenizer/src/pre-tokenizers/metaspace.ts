import type { PreTokenizer } from "./pre-tokenizer.ts";

export interface MetaspaceConfig {
  /** Stands for a space, "▁" mostly. */
  readonly replacement: string;
  /** Which texts get one in front. */
  readonly prependScheme: "always" | "first" | "never";
  /** Splits before every replacement. */
  readonly split: boolean;
}

/** The `Metaspace` pre-tokenizer of SentencePiece models. */
export function metaspace({ replacement, prependScheme, split }: MetaspaceConfig): PreTokenizer {
  return {
    split(text, atStart) {
      const replaced = text.replaceAll(" ", replacement);
      const prepend =
        (prependScheme === "always" || (prependScheme === "first" && atStart)) &&
        !replaced.startsWith(replacement);
      const result = prepend ? replacement + replaced : replaced;
      return split ? splitBefore(result, replacement) : [result];
    },
  };
}

function splitBefore(text: string, mark: string): string[] {
  const words: string[] = [];
  let start = 0;
  while (start < text.length) {
    const next = text.indexOf(mark, start + 1);
    const end = next < 0 ? text.length : next;
    words.push(text.slice(start, end));
    start = end;
  }
  return words;
}
