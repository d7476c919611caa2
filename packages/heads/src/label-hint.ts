import type { HeadConfig } from "./head-from-config.ts";

/** How a reader of tables has to take the column of a task. */
export interface LabelHint {
  readonly kind: "classification" | "multi-label" | "regression";
  /** All valid labels, in order; absent for numbers. */
  readonly classes?: readonly string[];
}

/** What a head expects of its column: one label a row, several or a number, and which labels there are. */
export function labelHint(config: HeadConfig): LabelHint {
  const kind = columnKind(config.kind);
  return "labels" in config ? { kind, classes: config.labels } : { kind };
}

/** How a column is read for a kind of head: labels with an order are written like any others. */
export function columnKind(kind: HeadConfig["kind"]): LabelHint["kind"] {
  return kind === "ordinal" ? "classification" : kind;
}
