import type { PipelineOptions } from "../npm-peers/library.ts";
import type { SuiteContext } from "../suites/suite.ts";
import { batchSizes, type EncodeSubject, type OpenedPeer } from "./encode-peer.ts";

/** It sorts by itself; 32 is its default. */
export async function openSentenceTransformers(
  { name, source }: EncodeSubject,
  context: SuiteContext,
): Promise<OpenedPeer> {
  const python = await context.python();
  await python.request("sentence_transformer", { name, directory: source });
  return {
    settings: [{ batchSize: 32, sorted: true }],
    encode: ({ texts, oneAtATime }, { batchSize }) =>
      python.request(oneAtATime ? "encode_each" : "encode", { name, texts, batchSize }),
    close: () => {},
  };
}

/** onnxruntime as a careful user runs it: batches of like length. */
export async function openPythonOnnx(
  { name, model }: EncodeSubject,
  options: PipelineOptions,
  context: SuiteContext,
): Promise<OpenedPeer> {
  const python = await context.python();
  const key = `${name} onnx`;
  const { maxLengthTokens } = model;
  await python.request("onnx_load", { name: key, ...options, maxLengthTokens });
  return {
    settings: batchSizes(context).map((batchSize) => ({ batchSize, sorted: true })),
    encode: ({ texts, oneAtATime }, { batchSize }) =>
      python.request("onnx_encode", { name: key, texts, batchSize: oneAtATime ? 1 : batchSize }),
    close: () => {},
  };
}
