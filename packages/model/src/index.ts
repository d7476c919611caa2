export { type LoadModelOptions, type ModelParameter, MultiTaskModel } from "./multi-task-model.ts";
export type { PredictOptions } from "./predict-texts.ts";
export type { PerTask, Predictions, Tasks } from "./tasks.ts";
