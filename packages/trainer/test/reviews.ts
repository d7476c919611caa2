import type { Dataset, Example, LabelValue } from "@espalier/data";

/** Rows of an invented file; labels of tasks `a` (3 classes) and `b` (2 classes). */
export function dataset(
  rows: readonly (readonly [text: string, a?: string | undefined, b?: string | undefined])[],
  file = "rows.csv",
): Dataset {
  const examples = rows.map(([text, a, b], i): Example => {
    const labels: Record<string, LabelValue | undefined> = { a, b };
    return { text, labels, source: { file, line: i + 2 } };
  });
  return { examples, textColumns: ["text"], labelColumns: ["a", "b"] };
}

/** Twelve rows that can be told apart by their words. */
export function reviews(): Dataset {
  return dataset([
    ["A man is cooking", "0", "0"],
    ["A woman is cooking", "0", "1"],
    ["The dog ran in the snow", "1", "0"],
    ["The cat sat in the snow", "1", "1"],
    ["How do you know", "2", "0"],
    ["What do you know", "2", "1"],
    ["A man is cooking fish", "0", "0"],
    ["A woman is cooking fish", "0", "1"],
    ["The dog ran away", "1", "0"],
    ["The cat sat down", "1", "1"],
    ["How do you do", "2", "0"],
    ["What do you do", "2", "1"],
  ]);
}
