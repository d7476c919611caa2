/** What was decided about the columns of a table, with the reasons in words; JSON as it stands. */
export interface ColumnPlan {
  readonly text: TextColumns;
  /** In the order of the table's columns, or of the caller's list. */
  readonly labels: readonly LabelColumn[];
  readonly ignored: readonly IgnoredColumn[];
}

/** The column that holds the text, or the two that hold a pair. */
export interface TextColumns {
  readonly columns: readonly [string] | readonly [string, string];
  readonly reason: string;
}

/** A column that becomes a task. */
export type LabelColumn = ClassLabels | NumberLabels;

export type LabelKind = LabelColumn["kind"];

/** One class a row, or any number of them (`a|b` in a cell, a list in JSON). */
export interface ClassLabels {
  readonly column: string;
  readonly kind: "classification" | "multi-label";
  /** Sorted: numbers by value, words by code unit; so they do not depend on the order of the rows. */
  readonly classes: readonly string[];
  readonly reason: string;
}

/** A number a row. */
export interface NumberLabels {
  readonly column: string;
  readonly kind: "regression";
  readonly reason: string;
}

export interface IgnoredColumn {
  readonly column: string;
  readonly reason: string;
}
