export { type BatchOptions, batches } from "./batches.ts";
export type { ColumnOptions, LabelHint } from "./column-options.ts";
export type {
  ClassLabels,
  ColumnPlan,
  IgnoredColumn,
  LabelColumn,
  LabelKind,
  NumberLabels,
  TextColumns,
} from "./column-plan.ts";
export type { Dataset, Example, LabelValue, TextInput } from "./dataset.ts";
export {
  type DatasetSummary,
  describe,
  describeTask,
  type NumberSummary,
  type TaskSummary,
} from "./describe.ts";
export { inferColumns } from "./infer-columns.ts";
export { type ReadTableOptions, readTable, tableFormatOf } from "./read-table.ts";
export { type ReadTextsOptions, readTexts } from "./read-texts.ts";
export { type SplitOptions, splitDataset } from "./split-dataset.ts";
export type { Table, TableFormat, TableRow } from "./table.ts";
export { toDataset } from "./to-dataset.ts";
