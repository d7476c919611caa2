export { accuracy } from "./accuracy.ts";
export { balancedAccuracy, cohenKappa, matthewsCorrelation, quadraticKappa } from "./agreement.ts";
export { type ClassificationReport, classificationReport } from "./classification-report.ts";
export { confusionMatrix } from "./confusion-matrix.ts";
export { kendallTau, mean, pearson, spearman } from "./correlation.ts";
export { type FScore, type FScores, fScores } from "./f-scores.ts";
export {
  fitLogisticRegression,
  type LogisticRegression,
  type LogisticRegressionOptions,
  predictClasses,
  predictProbabilities,
} from "./logistic-regression.ts";
export { majorityBaseline, majorityClass } from "./majority-baseline.ts";
export type { Matrix } from "./matrix.ts";
export { type MultiLabelReport, multiLabelReport } from "./multi-label-report.ts";
export { type Neighbours, nearestNeighbours } from "./nearest-neighbours.ts";
export {
  fitOneVsRest,
  type OneVsRest,
  type OneVsRestOptions,
  predictLabelProbabilities,
} from "./one-vs-rest.ts";
export { logLoss, topKAccuracy } from "./probability-scores.ts";
export {
  averagePrecision,
  type MulticlassAucOptions,
  multiclassRocAuc,
  rocAuc,
} from "./ranking-curves.ts";
export { type RegressionReport, regressionReport } from "./regression-report.ts";
export {
  fitRidgeRegression,
  predictNumbers,
  type RidgeRegression,
  type RidgeRegressionOptions,
} from "./ridge-regression.ts";
