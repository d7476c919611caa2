import type { LabelKind } from "./column-plan.ts";

/** What the caller knows about the columns; everything left out is inferred. */
export interface ColumnOptions {
  /** The column with the text, or the two of a pair. */
  readonly text?: string | readonly [string, string];
  /** The columns that become tasks, no others; as a record with what is known about each. */
  readonly labels?: readonly string[] | Readonly<Record<string, LabelHint>>;
}

export interface LabelHint {
  readonly kind?: LabelKind;
  /** All valid classes, in the order wanted; others in the data are then errors of `toDataset`. */
  readonly classes?: readonly string[];
}
