import os from "node:os";
import { join } from "node:path";
import { readModelDirectory } from "@espalier/checkpoint";
import { EspalierError } from "@espalier/core";
import type { SentenceTransformer } from "@espalier/encoder";
import type { PipelineOptions, TransformersJsName } from "../npm-peers/transformers-js.ts";
import type { Skipped } from "../report/bench-report.ts";
import type { SuiteContext } from "../suites/suite.ts";
import type { EncodePeer, EncodeSetting } from "./encode-peer.ts";
import { startNpmPeer } from "./npm-peer.ts";
import { writeOnnxDirectory } from "./onnx-directory.ts";

/** A model directory and what is known of it. */
export interface EncodeSubject {
  readonly name: string;
  readonly directory: string;
  readonly model: SentenceTransformer;
}

/** Every peer that can open the model; the others are named with the reason. */
export async function openEncodePeers(
  subject: EncodeSubject,
  context: SuiteContext,
): Promise<{ peers: EncodePeer[]; skipped: Skipped[] }> {
  const peers: EncodePeer[] = [];
  const skipped: Skipped[] = [];
  let onnx: Promise<PipelineOptions> | undefined;
  const pipelineOptions = (): Promise<PipelineOptions> => (onnx ??= onnxModel(subject, context));
  for (const [contender, open] of [
    ["sentence-transformers", () => sentenceTransformers(subject, context)],
    ["onnxruntime in Python", async () => pythonOnnx(subject, await pipelineOptions(), context)],
    [
      "transformers.js 2",
      async () => npm("@xenova/transformers", await pipelineOptions(), context),
    ],
    [
      "transformers.js 4",
      async () => npm("@huggingface/transformers", await pipelineOptions(), context),
    ],
  ] as const) {
    context.progress(`encode  ${subject.name}  starting ${contender}`);
    try {
      peers.push({ ...(await open()), name: contender });
    } catch (error) {
      if (context.signal.aborted) throw error;
      skipped.push({ contender, work: subject.name, reason: (error as Error).message });
    }
  }
  return { peers, skipped };
}

type Unnamed = Omit<EncodePeer, "name">;

/** It sorts by itself; 32 is its default. */
async function sentenceTransformers(
  { name, directory }: EncodeSubject,
  context: SuiteContext,
): Promise<Unnamed> {
  const python = await context.python();
  await python.request("sentence_transformer", { name, directory });
  return {
    settings: [{ batchSize: 32, sorted: true }],
    encode: ({ texts, oneAtATime }, { batchSize }) =>
      python.request(oneAtATime ? "encode_each" : "encode", { name, texts, batchSize }),
    close: () => {},
  };
}

async function pythonOnnx(
  { name, model }: EncodeSubject,
  options: PipelineOptions,
  context: SuiteContext,
): Promise<Unnamed> {
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

async function npm(
  library: TransformersJsName,
  options: PipelineOptions,
  context: SuiteContext,
): Promise<Unnamed> {
  const processors = os.availableParallelism();
  if (library === "@xenova/transformers" && context.threads !== processors)
    throw new EspalierError(
      "UNSUPPORTED",
      `takes all ${processors} processors and can't be told to use ${context.threads} threads`,
    );
  const peer = await startNpmPeer(library);
  context.recordVersions(peer.versions);
  context.signal.addEventListener("abort", () => peer.stop(), { once: true });
  try {
    await peer.request("load", options);
  } catch (error) {
    peer.stop();
    throw error;
  }
  return {
    settings: batchSizes(context).flatMap((batchSize) =>
      (batchSize === 1 ? [false] : [true, false]).map(
        (sorted): EncodeSetting => ({ batchSize, sorted }),
      ),
    ),
    encode: ({ texts, oneAtATime }, { batchSize, sorted }) =>
      peer.request(
        "encode",
        oneAtATime ? { texts, batchSize: 1, sorted: false } : { texts, batchSize, sorted },
      ),
    close: () => peer.stop(),
  };
}

function batchSizes({ quick }: SuiteContext): number[] {
  return quick ? [32, 8] : [32, 1, 8, 64];
}

async function onnxModel(
  { name, directory, model }: EncodeSubject,
  context: SuiteContext,
): Promise<PipelineOptions> {
  const { pooling, vectorModules } = await readModelDirectory(directory);
  const [mode, ...more] = pooling.modes;
  const kinds = vectorModules.map(({ kind }) => kind);
  if (
    (mode !== "mean" && mode !== "cls") ||
    more.length > 0 ||
    kinds.some((kind) => kind !== "Normalize")
  )
    throw new EspalierError(
      "UNSUPPORTED",
      `pools by ${pooling.modes.join(" + ")}${kinds.map((kind) => `, then ${kind}`).join("")}; only mean or cls with or without Normalize can be asked for`,
    );
  const to = join(context.temporaryDirectory, `onnx-${name.replaceAll(/\W+/g, "-")}`);
  await writeOnnxDirectory(directory, model, to);
  return { directory: to, pooling: mode, normalize: kinds.length > 0, threads: context.threads };
}
