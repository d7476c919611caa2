export type { Embeddings, EncodeOptions } from "./encode-texts.ts";
export type { ForwardContext } from "./forward-pass.ts";
export type { PackedBatch } from "./packed-batch.ts";
export { type Parameter, ParameterStore } from "./parameter-store.ts";
export {
  type LoadOptions,
  SentenceTransformer,
  type StatesBoundary,
} from "./sentence-transformer.ts";
