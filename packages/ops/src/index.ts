export * as kernels from "./kernel-names.ts";
export {
  type AdamWMoments,
  type AdamWSlot,
  type AdamWStep,
  type NativeAdamW,
  type TrainingBackend,
  trainingBackend,
} from "./native-training.ts";
