import { EspalierError } from "@espalier/core";
import { looksLikeDates } from "./choose-text.ts";
import type { LabelHint } from "./column-options.ts";
import type { ClassLabels, IgnoredColumn, LabelColumn } from "./column-plan.ts";
import type { ColumnProfile } from "./column-profile.ts";
import { numberIn } from "./number-in.ts";
import { splitLabels } from "./split-labels.ts";
import type { Table } from "./table.ts";

/** PyTorch's `ignore_index`, which many published data sets use for "no label". */
const UNLABELLED = -100;
/** Above this share of numbers the rest are taken for mistakes, which `toDataset` reports by line. */
const MOSTLY = 0.9;
/** So many different integers are classes without further evidence. */
const FEW = 20;
const MOST_CLASSES = 1000;

const ID_NAME = /^$|^unnamed: \d+$|(^|[_\s-])(id|idx|index|uid|uuid|guid|key|row|no|nr|number)$/i;
const CAMEL_ID = /[a-z]I[dD]$/;
const SPLIT_VALUES = new Set(["train", "training", "valid", "validation", "val", "dev", "test"]);

/**
 * Whether a column is a label, of which kind and why; a column that the caller asked for always is.
 * @throws {EspalierError} DATA_INVALID when a column asked for has no usable values
 */
export function judgeLabel(
  table: Table,
  profile: ColumnProfile,
  hint: LabelHint | undefined,
): LabelColumn | IgnoredColumn {
  const found = judge(table, profile, hint?.kind);
  if (hint === undefined) return found;
  const kind = kindBesides(found, profile, hint);
  const verdict = kind === undefined ? found : judge(table, profile, kind);
  const { column } = profile;
  if (!isLabel(verdict)) throw unusable(table, verdict);
  if (verdict.kind === "regression") return verdict;
  if (hint.classes !== undefined) {
    return { ...verdict, classes: hint.classes, reason: "classes as asked for" };
  }
  const [only, second] = verdict.classes;
  if (verdict.kind === "classification" && second === undefined) {
    throw unusable(table, { column, reason: `every row has "${only}"` });
  }
  return verdict;
}

/** The kind for a column that is wanted although it does not look like a label, or not like that one. */
function kindBesides(
  found: LabelColumn | IgnoredColumn,
  { numbers, filled }: ColumnProfile,
  hint: LabelHint,
): LabelHint["kind"] {
  if (hint.kind !== undefined) return undefined;
  if (hint.classes !== undefined) {
    return "kind" in found && found.kind === "multi-label" ? undefined : "classification";
  }
  if ("kind" in found) return undefined;
  return numbers >= MOSTLY * filled ? "regression" : "classification";
}

function isLabel(verdict: LabelColumn | IgnoredColumn): verdict is LabelColumn {
  return "kind" in verdict;
}

function unusable(table: Table, { column, reason }: IgnoredColumn): EspalierError {
  return new EspalierError(
    "DATA_INVALID",
    `${table.file}: "${column}" can't be a label: ${reason}`,
  );
}

function judge(
  table: Table,
  profile: ColumnProfile,
  wanted: LabelHint["kind"],
): LabelColumn | IgnoredColumn {
  const { column, filled, counts } = profile;
  if (filled === 0) return { column, reason: "no values" };
  if (profile.objects > 0) return { column, reason: "nested objects" };
  if (wanted === "regression") return { column, kind: wanted, reason: "as asked for" };
  if (wanted === "multi-label") return multiLabel(table, profile, "as asked for");
  if (wanted === "classification") {
    return profile.lists > 0
      ? { column, reason: "lists, which only multi-label can hold" }
      : classes(profile, "as asked for");
  }
  if (profile.lists > 0) return judgeLists(table, profile);
  if (counts.size === 1) {
    return { column, reason: `the same value in every row, "${[...counts.keys()][0]}"` };
  }
  if (profile.booleans === filled) return classes(profile, "true and false");
  return profile.numbers >= MOSTLY * filled ? judgeNumbers(profile) : judgeWords(table, profile);
}

function judgeLists(table: Table, profile: ColumnProfile): LabelColumn | IgnoredColumn {
  const { column, filled, lists } = profile;
  if (lists < filled) return { column, reason: "lists in some rows, single values in others" };
  const multi = multiLabel(table, profile, "a list in every row");
  return multi.classes.length <= MOST_CLASSES ? multi : tooMany(column, multi.classes.length);
}

function judgeNumbers(profile: ColumnProfile): LabelColumn | IgnoredColumn {
  const { column, filled, counts, smallest, largest } = numbersOnly(profile);
  const range = `${short(smallest)} to ${short(largest)}`;
  const rest =
    profile.odd === undefined
      ? ""
      : `; ${profile.filled - profile.numbers} not a number ("${profile.odd}")`;
  if (profile.fractions > 0) {
    const reason = `${counts.size} different numbers from ${range}${rest}`;
    return { column, kind: "regression", reason };
  }
  if (counts.size === filled) {
    if (isIdName(column)) return { column, reason: "an id: every row has its own number" };
    if (profile.rising && filled > 2) return { column, reason: "numbers the rows" };
  }
  const repeats = filled / counts.size;
  const gapless = (smallest === 0 || smallest === 1) && largest - smallest + 1 === counts.size;
  if (counts.size <= FEW && (repeats >= 2 || (gapless && repeats > 1))) {
    return classes(profile, `few different integers (${counts.size}), taken as classes${rest}`);
  }
  if (gapless && repeats >= 5 && counts.size <= MOST_CLASSES) {
    return classes(profile, `integers ${range} without a gap, taken as classes${rest}`);
  }
  const reason = `${counts.size} different integers from ${range}${rest}`;
  return { column, kind: "regression", reason };
}

function judgeWords(table: Table, profile: ColumnProfile): LabelColumn | IgnoredColumn {
  const { column, counts, filled, words } = profile;
  if ([...counts.keys()].every((value) => SPLIT_VALUES.has(value.toLowerCase()))) {
    return { column, reason: "names the split" };
  }
  if ([...counts.keys()].some((value) => value.includes("|"))) {
    const multi = multiLabel(table, profile, "several in a cell, separated by |");
    if (isMulti(table, multi)) return multi;
  }
  const share = counts.size / filled;
  const percent = Math.round(100 * share);
  if (share > 0.5) {
    const what = words >= 3 ? "free text" : isIdName(column) ? "an id" : "ids, names or the like";
    return { column, reason: `${what}: ${percent} % of the values are different` };
  }
  if (words > 8 && share > 0.1) return { column, reason: "free text" };
  if (looksLikeDates(profile)) return { column, reason: "dates" };
  if (counts.size > MOST_CLASSES) return tooMany(column, counts.size);
  return classes(profile, `${counts.size} different values that repeat`);
}

function tooMany(column: string, count: number): IgnoredColumn {
  return { column, reason: `${count} different values, too many to be classes` };
}

function classes(profile: ColumnProfile, reason: string): ClassLabels {
  const { column, counts, filled, numbers } = numbersOnly(profile);
  if (numbers < MOSTLY * filled) {
    return { column, kind: "classification", classes: [...counts.keys()].sort(), reason };
  }
  const sorted = [...counts.keys()].map(Number).sort((a, b) => a - b);
  return { column, kind: "classification", classes: sorted.map(String), reason };
}

/**
 * A column of mostly numbers as its numbers alone: "1", "1.0" and 1 are one value, `UNLABELLED` and what
 * is no number are left out (so that its line gets reported).
 */
function numbersOnly(profile: ColumnProfile): ColumnProfile {
  if (profile.numbers < MOSTLY * profile.filled) return profile;
  const counts = new Map<string, number>();
  for (const [key, count] of profile.counts) {
    const number = numberIn(key);
    if (number === undefined || (number === UNLABELLED && profile.largest >= 0)) continue;
    counts.set(String(number), (counts.get(String(number)) ?? 0) + count);
  }
  let filled = 0;
  for (const count of counts.values()) filled += count;
  const smallest = [...counts.keys()].map(Number).reduce((a, b) => Math.min(a, b));
  return { ...profile, counts, filled, numbers: filled, smallest };
}

function multiLabel(table: Table, { column }: ColumnProfile, reason: string): ClassLabels {
  const found = new Set<string>();
  for (const { values } of table.rows) {
    for (const label of splitLabels(values[column]) ?? []) found.add(label);
  }
  return { column, kind: "multi-label", classes: [...found].sort(), reason };
}

/** Whether splitting at `|` gives short labels that repeat. */
function isMulti(table: Table, { column, classes }: ClassLabels): boolean {
  let parts = 0;
  for (const { values } of table.rows) parts += splitLabels(values[column])?.length ?? 0;
  const short = classes.every((label) => label !== "" && label.split(/\s+/).length <= 5);
  return short && parts >= 2 * classes.length && classes.length <= MOST_CLASSES;
}

/** A number with four significant digits. */
function short(number: number): string {
  return String(Number(number.toPrecision(4)));
}

function isIdName(column: string): boolean {
  return ID_NAME.test(column) || CAMEL_ID.test(column);
}
