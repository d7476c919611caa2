export type { ActiveRows } from "./active-rows.ts";
export type { Boundary } from "./boundary.ts";
export type { Embeddings, EncodeProgress } from "./encode-texts.ts";
export type { ForwardContext } from "./forward-context.ts";
export type { ForwardFlops } from "./forward-flops.ts";
export type { ModelOptions } from "./load-options.ts";
export {
  type PackedBatch,
  type PackedFeed,
  type PackedSizes,
  packedRows,
  packedSizes,
} from "./packed-batch.ts";
export { type Parameter, ParameterStore, type ParameterValues } from "./parameter-store.ts";
export type { PromptOptions } from "./prompts.ts";
export {
  type EncodeOptions,
  type LoadOptions,
  SentenceTransformer,
} from "./sentence-transformer.ts";
