import type { HeadConfig } from "./head-from-config.ts";

/** How a reader of tables has to take the column of a task. */
export interface LabelHint {
  readonly kind: HeadConfig["kind"];
  /** All valid labels, in order; absent for numbers. */
  readonly classes?: readonly string[];
}

/** What a head expects of its column: its kind, and its labels if it has any. */
export function labelHint(config: HeadConfig): LabelHint {
  const { kind } = config;
  return "labels" in config ? { kind, classes: config.labels } : { kind };
}
