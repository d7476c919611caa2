export { defaultCacheDirectory, type Environment } from "./cache-directory.ts";
export {
  encodeSafetensors,
  type SafetensorsEntries,
  safetensorsParts,
} from "./encode-safetensors.ts";
export type { DownloadProgress } from "./hub-download.ts";
export { type ModelCard, modelCard } from "./model-card.ts";
export {
  type DenseActivation,
  type DenseModule,
  type LayerNormModule,
  type ModelModule,
  type NormalizeModule,
  POOLING_MODES,
  type PoolingMode,
  type PoolingModule,
  SIMILARITIES,
  type Similarity,
  type TransformerModule,
  type VectorModule,
} from "./model-module.ts";
export type { EncodeSettings } from "./read-encode-settings.ts";
export { readFloat32, requireTensor } from "./read-float32.ts";
export { readInt32 } from "./read-int32.ts";
export {
  type ModelConfig,
  type ModelDirectory,
  readModelDirectory,
} from "./read-model-directory.ts";
export { decodeSafetensors, readSafetensors } from "./read-safetensors.ts";
export type { SentenceConfig } from "./read-sentence-config.ts";
export { readTfjsWeights, type TfjsTensor } from "./read-tfjs-weights.ts";
export { readWeights } from "./read-weights.ts";
export { type ResolveModelOptions, resolveModel } from "./resolve-model.ts";
export type {
  Safetensors,
  SafetensorsArrays,
  SafetensorsDtype,
  SafetensorsTensor,
} from "./safetensors.ts";
export {
  type SentenceTransformerContent,
  sentenceTransformerFiles,
} from "./sentence-transformer-files.ts";
export type { WholeFloats } from "./whole-floats.ts";
export {
  type DirectoryFile,
  recoverDirectory,
  type WriteDirectoryOptions,
  writeDirectoryAtomic,
} from "./write-directory-atomic.ts";
export { type FileContent, writeFileAtomic } from "./write-file-atomic.ts";
export { writeSafetensors } from "./write-safetensors.ts";
