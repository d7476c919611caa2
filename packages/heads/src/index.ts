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
  HeadLoss,
  HeadParameter,
  LabelPlace,
  LabelValue,
  PredictionOf,
} from "./head.ts";
export { type AnyHead, type HeadConfig, headFromConfig } from "./head-from-config.ts";
