import { didYouMean, EspalierError } from "@espalier/core";
import { chooseText } from "./choose-text.ts";
import type { ColumnOptions, LabelHint } from "./column-options.ts";
import type { ColumnPlan, IgnoredColumn, LabelColumn } from "./column-plan.ts";
import { type ColumnProfile, profileColumn } from "./column-profile.ts";
import { judgeLabel } from "./judge-label.ts";
import type { Table } from "./table.ts";
import { refuseTokenLabels } from "./token-labels.ts";

/**
 * Decides which column is the text, which are labels and of what kind, and says why.
 *
 * Text: the column with the longest mostly different texts, if it clearly leads; among columns too
 * close to call the best known name (text, sentence, review, …); known pairs of names together.
 * Labels: repeated words and few different integers are classes, `a|b` or a list is multi-label,
 * other numbers are regression. Ids, dates, constants, free text and split names are ignored.
 * @throws {EspalierError} DATA_INVALID when the text can't be told or no column looks like a label;
 * NAME_UNKNOWN for an option that names a column the table lacks; UNSUPPORTED for labels per token
 */
export function inferColumns(table: Table, options: ColumnOptions = {}): ColumnPlan {
  const hints = labelHints(options.labels);
  const named = typeof options.text === "string" ? [options.text] : (options.text ?? []);
  for (const column of [...named, ...(hints?.keys() ?? [])]) requireColumn(table, column);
  if (options.text === undefined) refuseTokenLabels(table);

  const profiles = table.columns.map((column) => profileColumn(table, column));
  const text = chooseText({ table, profiles, wanted: options.text, labels: hints });
  const labels: LabelColumn[] = [];
  const ignored: IgnoredColumn[] = [];
  for (const profile of inOrder(profiles, hints)) {
    const { column } = profile;
    if ((text.columns as readonly string[]).includes(column)) {
      if (!hints?.has(column)) continue;
      throw new EspalierError(
        "CONFIG_INVALID",
        `${table.file}: the column "${column}" can't be text and label at once`,
      );
    }
    if (hints !== undefined && !hints.has(column)) {
      ignored.push({ column, reason: "not among the labels asked for" });
      continue;
    }
    const verdict = judgeLabel(table, profile, hints?.get(column));
    if ("kind" in verdict) labels.push(verdict);
    else ignored.push(verdict);
  }
  if (labels.length === 0) throw noLabels(table, ignored);
  return { text, labels, ignored };
}

function labelHints(labels: ColumnOptions["labels"]): Map<string, LabelHint> | undefined {
  if (labels === undefined) return undefined;
  if (Array.isArray(labels)) return new Map(labels.map((column: string) => [column, {}]));
  return new Map(Object.entries(labels as Record<string, LabelHint>));
}

function requireColumn(table: Table, column: string): void {
  if (table.columns.includes(column)) return;
  throw new EspalierError(
    "NAME_UNKNOWN",
    `${table.file}: there is no column "${column}"${didYouMean(column, table.columns)}; ` +
      `the columns are ${table.columns.join(", ")}`,
  );
}

/** The columns asked for in the order of asking, then the others. */
function inOrder(
  profiles: readonly ColumnProfile[],
  hints: ReadonlyMap<string, LabelHint> | undefined,
): readonly ColumnProfile[] {
  if (hints === undefined) return profiles;
  const rank = [...hints.keys()];
  const place = (profile: ColumnProfile) => {
    const index = rank.indexOf(profile.column);
    return index < 0 ? rank.length : index;
  };
  return [...profiles].sort((a, b) => place(a) - place(b));
}

function noLabels(table: Table, ignored: readonly IgnoredColumn[]): EspalierError {
  const seen =
    ignored.length === 0
      ? "there is no other column than the text"
      : ignored.map(({ column, reason }) => `"${column}": ${reason}`).join("; ");
  const hint =
    ignored.length === 0 ? "" : `; if one is, name it: labels: ["${ignored[0]?.column}"]`;
  return new EspalierError(
    "DATA_INVALID",
    `${table.file}: no column looks like a label (${seen})${hint}`,
  );
}
