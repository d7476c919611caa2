export { type DecodedModel, decodeModel } from "./decode-model.ts";
export type { OnnxDtype } from "./dtype.ts";
export { type EncodeOptions, encodeModel } from "./encode-model.ts";
export type {
  AttributeSpec,
  GraphSpec,
  NodeSpec,
  TensorSpec,
  ValueSpec,
} from "./graph-spec.ts";
