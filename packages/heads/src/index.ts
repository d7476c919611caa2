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
