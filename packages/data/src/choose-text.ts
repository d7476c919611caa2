import { EspalierError } from "@espalier/core";
import type { ColumnOptions } from "./column-options.ts";
import type { TextColumns } from "./column-plan.ts";
import type { ColumnProfile } from "./column-profile.ts";
import type { Table } from "./table.ts";

/** Best first. */
const NAMES: readonly string[] = [
  "text",
  "sentence",
  "review",
  "content",
  "body",
  "comment",
  "message",
  "question",
  "query",
  "utterance",
  "document",
  "description",
  "tweet",
  "post",
  "title",
  "input",
];

const PAIRS: ReadonlyArray<readonly [string, string]> = [
  ["sentence1", "sentence2"],
  ["text1", "text2"],
  ["text_a", "text_b"],
  ["sentence_a", "sentence_b"],
  ["question1", "question2"],
  ["premise", "hypothesis"],
];

const DATE = /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}/;

/** A column leads clearly when it has this many times the weight of the next. */
const CLEAR_LEAD = 2;

interface TextChoice {
  readonly table: Table;
  readonly profiles: readonly ColumnProfile[];
  readonly wanted: ColumnOptions["text"];
  /** Columns that are labels because the caller said so. */
  readonly labels: ReadonlyMap<string, unknown> | undefined;
}

/**
 * The text column or pair, with the reason.
 * @throws {EspalierError} DATA_INVALID, naming the candidates, when it can't be told
 */
export function chooseText({ table, profiles, wanted, labels }: TextChoice): TextColumns {
  if (wanted !== undefined) {
    const columns = typeof wanted === "string" ? ([wanted] as const) : wanted;
    return { columns, reason: "as asked for" };
  }
  const free = profiles.filter((profile) => labels?.has(profile.column) !== true);
  const pair = knownPair(free);
  if (pair !== undefined) return { columns: pair, reason: "a known pair of names" };

  const ranked = free.filter(couldBeText).sort((a, b) => weight(b) - weight(a));
  const [first, second] = ranked;
  if (first === undefined) throw undecided(table, ranked);
  if (second === undefined) return { columns: [first.column], reason: describe(first) };
  if (weight(first) >= CLEAR_LEAD * weight(second)) {
    return { columns: [first.column], reason: `${describe(first)}, the longest by far` };
  }
  const close = ranked.filter((profile) => weight(profile) * CLEAR_LEAD > weight(first));
  const name = NAMES.find((known) => close.some(({ column }) => column.toLowerCase() === known));
  const best = close.find(({ column }) => column.toLowerCase() === name);
  if (best === undefined) throw undecided(table, close);
  return { columns: [best.column], reason: `${describe(best)}, and its name says so` };
}

/** The name pair or the best known name among these columns, for data that is read as a stream. */
export function textByName(
  columns: readonly string[],
): readonly [string] | readonly [string, string] | undefined {
  const pair = PAIRS.find((names) => names.every((name) => columns.includes(name)));
  if (pair !== undefined) return pair;
  const name = NAMES.find((known) => columns.some((column) => column.toLowerCase() === known));
  const column = columns.find((candidate) => candidate.toLowerCase() === name);
  return column === undefined ? undefined : [column];
}

function knownPair(profiles: readonly ColumnProfile[]): readonly [string, string] | undefined {
  const texts = profiles.filter(isWritten).map((profile) => profile.column);
  return PAIRS.find((names) => names.every((name) => texts.includes(name)));
}

function couldBeText(profile: ColumnProfile): boolean {
  if (!isWritten(profile)) return false;
  if (NAMES.includes(profile.column.toLowerCase())) return true;
  return profile.words >= 2 && distinctShare(profile) >= 0.2 && !looksLikeDates(profile);
}

/** Mostly strings that are not mostly numbers. */
function isWritten({ filled, strings, numbers }: ColumnProfile): boolean {
  return filled > 0 && strings >= filled / 2 && numbers < filled / 2;
}

function weight(profile: ColumnProfile): number {
  return profile.characters * distinctShare(profile);
}

function distinctShare({ counts, filled }: ColumnProfile): number {
  return counts.size / filled;
}

/** Whether most values start like a date in figures. */
export function looksLikeDates({ counts }: ColumnProfile): boolean {
  let dates = 0;
  for (const text of counts.keys()) if (DATE.test(text)) dates++;
  return dates > counts.size / 2;
}

function describe({ words, counts, filled }: ColumnProfile): string {
  const mean = words >= 10 ? words.toFixed(0) : words.toFixed(1);
  const share = Math.round((100 * counts.size) / filled);
  return `${mean} words a row, ${share} % of them different`;
}

function undecided(table: Table, close: readonly ColumnProfile[]): EspalierError {
  const names = (close.length > 0 ? close.map((profile) => profile.column) : table.columns)
    .map((column) => `"${column}"`)
    .join(", ");
  const what =
    close.length > 0 ? `the text could be in ${names}` : `no column looks like text (${names})`;
  const example = close[0]?.column ?? table.columns[0] ?? "review";
  return new EspalierError("DATA_INVALID", `${table.file}: ${what}; name it: text: "${example}"`);
}
