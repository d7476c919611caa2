import { type Dataset, type Example, splitDataset } from "@espalier/data";
import { loadUciSentences } from "@espalier/uci-sentences";

/** The labels of each task, in the order of its logits. */
export const LABELS = {
  domain: ["product", "movie", "restaurant"],
  sentiment: ["negative", "positive"],
} as const;

export interface FinetuneData {
  readonly train: Dataset;
  readonly heldOut: Dataset;
}

/** Rows as a peer reads them. */
export interface IndexedRows {
  readonly texts: readonly string[];
  /** Class of each row by task. */
  readonly labels: Readonly<Record<keyof typeof LABELS, readonly number[]>>;
}

const HELD_OUT = 0.2;

/**
 * UCI sentences, a fifth of them held out.
 * @param count evenly taken from all 3,000
 */
export async function finetuneData(count: number): Promise<FinetuneData> {
  const all = await loadUciSentences();
  const step = all.examples.length / count;
  const examples = Array.from(
    { length: count },
    (_, row) => all.examples[Math.floor(row * step)] as Example,
  );
  const { train, validation } = splitDataset(
    { ...all, examples },
    { validation: HELD_OUT, seed: 1 },
  );
  return { train, heldOut: validation };
}

/** The same rows with class numbers for labels. */
export function indexed({ examples }: Dataset): IndexedRows {
  const classes = (task: keyof typeof LABELS): number[] =>
    examples.map(({ labels }) =>
      (LABELS[task] as readonly string[]).indexOf(labels[task] as string),
    );
  return {
    texts: examples.map(({ text }) => text as string),
    labels: { domain: classes("domain"), sentiment: classes("sentiment") },
  };
}

/** Every distinct word and punctuation mark, as BERT splits lower-cased text. */
export function wordsOf({ train, heldOut }: FinetuneData): string[] {
  const texts = [...train.examples, ...heldOut.examples].map(({ text }) => text as string);
  return [
    ...new Set(texts.flatMap((text) => text.toLowerCase().match(/[\p{L}\p{N}]+|\S/gu) ?? [])),
  ];
}
