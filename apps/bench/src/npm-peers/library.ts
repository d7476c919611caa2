import { importTensorflowJs, type TensorflowJsName } from "./tensorflow-js.ts";
import { importTransformersJs, type TransformersJsName } from "./transformers-js.ts";

/** What an npm peer can run, by the package that computes. */
export type LibraryName = TransformersJsName | TensorflowJsName;

export interface PipelineOptions {
  /** Has config, tokenizer and weights; what transformers.js opens, `onnx/model.onnx`. */
  readonly directory: string;
  readonly pooling: "mean" | "cls";
  readonly normalize: boolean;
  /** Version 2 of transformers.js takes what there are, TensorFlow.js' wasm has one. */
  readonly threads: number;
}

/** Vectors of one batch of texts, in order. */
export type Pipeline = (texts: readonly string[]) => Promise<Float32Array[]>;

export interface OpenLibrary {
  readonly version: string;
  open(options: PipelineOptions): Promise<Pipeline>;
}

export function importLibrary(name: LibraryName): Promise<OpenLibrary> {
  return name === "@tensorflow/tfjs-backend-wasm"
    ? importTensorflowJs()
    : importTransformersJs(name);
}
