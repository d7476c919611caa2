import type { HeadConfig } from "./head-from-config.ts";

/** How a reader of tables has to take the column of a task. */
export interface LabelHint {
  readonly kind: "classification" | "multi-label" | "regression";
  /** All valid labels, in order; absent for numbers. */
  readonly classes?: readonly string[];
}

/** What a head expects of its column: one label a row, several or a number, and which labels there are. */
export function labelHint(config: HeadConfig): LabelHint {
  if (config.kind === "regression") return { kind: config.kind };
  const kind = config.kind === "ordinal" ? "classification" : config.kind;
  return { kind, classes: config.labels };
}
