export { type AdamWConfig, createAdamW } from "./adamw.ts";
export {
  type AttentionOptions,
  type AttentionSlots,
  type AttentionStates,
  attention,
} from "./attention.ts";
export {
  type AttentionIndex,
  type AttentionIndexOptions,
  attentionIndex,
} from "./attention-index.ts";
export { type BinaryCrossEntropyOptions, binaryCrossEntropy } from "./binary-cross-entropy.ts";
export { type Compiled, compile } from "./compile.ts";
export {
  type BatchFeed,
  type BatchSizes,
  type CompileBatchesOptions,
  type CompiledBatches,
  compileBatches,
  feedOf,
  oncePerBatch,
  partOf,
} from "./compile-batches.ts";
export { type DifferentiableOp, differentiable } from "./differentiable.ts";
export { type DropoutOptions, dropout } from "./dropout.ts";
export { embedding } from "./embedding.ts";
export { gatherRows } from "./gather-rows.ts";
export { type GeluApproximation, gelu } from "./gelu.ts";
export { accumulate, disposeGradients, type Gradients, gradients } from "./gradients.ts";
export { gradientsAreTaken } from "./gradients-are-taken.ts";
export { holdSteady, type SteadyBackend } from "./hold-steady.ts";
export * as kernels from "./kernel-names.ts";
export { layerNorm } from "./layer-norm.ts";
export { linear } from "./linear.ts";
export { linearGelu } from "./linear-gelu.ts";
export type { GivenTargets } from "./loss-targets.ts";
export type { NativeTrace, TracedCode, TracingBackend } from "./native-tracing.ts";
export {
  type AdamWMoments,
  type AdamWSlot,
  type AdamWStep,
  type NativeAdamW,
  type TrainingBackend,
  trainingBackend,
} from "./native-training.ts";
export type {
  Optimizer,
  OptimizerKind,
  OptimizerParameter,
  OptimizerState,
  OptimizerStepOptions,
  ParameterState,
} from "./optimizer.ts";
export { type FedStream, fedStream, type RandomStream } from "./random-stream.ts";
export type { RecyclingBackend } from "./recycled-bytes.ts";
export { registerCoreGradients } from "./register-core-gradients.ts";
export { type RegressionLossKind, regressionLoss } from "./regression-loss.ts";
export { type RotaryAngles, rotatePositions } from "./rotate-positions.ts";
export { createSgd, type SgdConfig } from "./sgd.ts";
export {
  type CrossEntropyTargets,
  crossEntropyLoss,
  crossEntropyTargets,
  type SoftmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
  softmaxCrossEntropy,
  weightedCrossEntropy,
} from "./softmax-cross-entropy.ts";
export type { CompiledCall, CompileOptions, NamedTensors } from "./trace-cache.ts";
