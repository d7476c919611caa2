export {
  type ClassificationHead,
  type ClassificationOptions,
  type ClassPrediction,
  classification,
} from "./classification.ts";
export type { ClassificationConfig } from "./classification-config.ts";
export type {
  Head,
  HeadContext,
  HeadParameter,
  LabelPlace,
  LabelValue,
  PredictionOf,
  TargetFeed,
} from "./head.ts";
export { type AnyHead, type HeadConfig, headFromConfig } from "./head-from-config.ts";
export { columnKind, type LabelHint, labelHint } from "./label-hint.ts";
export type { LinearParameters } from "./linear-map.ts";
export {
  type MultiLabelHead,
  type MultiLabelOptions,
  type MultiLabelPrediction,
  multiLabel,
} from "./multi-label.ts";
export type { MultiLabelConfig } from "./multi-label-config.ts";
export {
  type OrdinalHead,
  type OrdinalOptions,
  type OrdinalPrediction,
  ordinal,
} from "./ordinal.ts";
export type { OrdinalConfig } from "./ordinal-config.ts";
export {
  type RegressionHead,
  type RegressionOptions,
  type RegressionPrediction,
  regression,
} from "./regression.ts";
export type { RegressionConfig } from "./regression-config.ts";
export {
  anyLabelled,
  chooseRows,
  labelledRowsOf,
  type TargetLayout,
  type Targets,
  unlabelledTargets,
} from "./targets.ts";
