import { numberIn } from "./number-in.ts";
import type { Table } from "./table.ts";

/** Counts over one column, from which its role is decided. */
export interface ColumnProfile {
  readonly column: string;
  /** Rows with a value: neither absent nor null nor blank. */
  readonly filled: number;
  /** Trimmed scalar values with their number of rows. */
  readonly counts: ReadonlyMap<string, number>;
  readonly strings: number;
  readonly booleans: number;
  readonly lists: number;
  readonly objects: number;
  /** Rows whose value is a number or text that reads as one, and the range of the finite ones. */
  readonly numbers: number;
  readonly fractions: number;
  readonly smallest: number;
  readonly largest: number;
  /** Every number is larger than the one before. */
  readonly rising: boolean;
  /** A value that is no number, for messages. */
  readonly odd: string | undefined;
  /** Means over a sample of the texts. */
  readonly words: number;
  readonly characters: number;
}

/** Rows looked at for the length of texts; a mean needs no more. */
const SAMPLE = 2000;

export function profileColumn(table: Table, column: string): ColumnProfile {
  const counts = new Map<string, number>();
  const texts: string[] = [];
  const tally = { strings: 0, booleans: 0, lists: 0, objects: 0, numbers: 0, fractions: 0 };
  let filled = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  let rising = true;
  let odd: string | undefined;
  for (const { values } of table.rows) {
    const value = values[column];
    if (isBlank(value)) continue;
    filled++;
    if (typeof value === "object") {
      if (Array.isArray(value)) tally.lists++;
      else tally.objects++;
      continue;
    }
    const key = scalarText(value);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (typeof value === "string") {
      tally.strings++;
      texts.push(value);
    } else if (typeof value === "boolean") tally.booleans++;
    const number = numberIn(value);
    if (number === undefined) {
      odd ??= key;
      continue;
    }
    tally.numbers++;
    if (!Number.isInteger(number)) tally.fractions++;
    if (number <= largest) rising = false;
    if (number < smallest) smallest = number;
    if (number > largest) largest = number;
  }
  return {
    column,
    filled,
    counts,
    ...tally,
    smallest,
    largest,
    rising,
    odd,
    ...textLengths(texts),
  };
}

/** Whether a cell counts as empty: absent, null or only white space. */
export function isBlank(value: unknown): value is undefined | null | "" {
  return (
    value === undefined || value === null || (typeof value === "string" && value.trim() === "")
  );
}

/** How a scalar label is written: trimmed text, a number or boolean as JSON would write it. */
export function scalarText(value: unknown): string {
  return typeof value === "string" ? value.trim() : String(value);
}

// Scripts written without spaces: there, a character counts as a word.
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;

function textLengths(texts: readonly string[]): { words: number; characters: number } {
  const step = Math.max(1, Math.floor(texts.length / SAMPLE));
  let words = 0;
  let characters = 0;
  let seen = 0;
  for (let i = 0; i < texts.length; i += step) {
    const text = (texts[i] as string).trim();
    seen++;
    characters += text.length;
    words += Math.max(text.split(/\s+/).length, text.match(UNSPACED)?.length ?? 0);
  }
  return seen === 0
    ? { words: 0, characters: 0 }
    : { words: words / seen, characters: characters / seen };
}
