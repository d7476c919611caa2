import type { LibraryName, PipelineOptions } from "../npm-peers/library.ts";
import type { Skipped } from "../report/bench-report.ts";
import type { SuiteContext } from "../suites/suite.ts";
import {
  batchSizes,
  type EncodePeer,
  type EncodeSetting,
  type EncodeSubject,
  type OpenedPeer,
} from "./encode-peer.ts";
import { openNpmPeer } from "./npm-encode-peer.ts";
import { onnxPipeline } from "./onnx-directory.ts";
import { orSkipped } from "./or-skipped.ts";
import { openPythonOnnx, openSentenceTransformers } from "./python-encode-peers.ts";

interface PeerKind {
  readonly name: string;
  open(subject: EncodeSubject, onnx: Onnx, context: SuiteContext): Promise<OpenedPeer>;
}

/** The subject as an ONNX directory, written when first asked for. */
type Onnx = () => Promise<PipelineOptions>;

/** The only one that opens models which are not on disk. */
const TENSORFLOW_JS: PeerKind = {
  name: "TensorFlow.js wasm",
  open({ source }, _onnx, context) {
    const options = { directory: source, pooling: "mean", normalize: false, threads: 1 } as const;
    const settings = [{ batchSize: 32, sorted: true }];
    return openNpmPeer({ library: "@tensorflow/tfjs-backend-wasm", settings }, options, context);
  },
};

const PEERS: readonly PeerKind[] = [
  {
    name: "sentence-transformers",
    open: (subject, _onnx, context) => openSentenceTransformers(subject, context),
  },
  {
    name: "onnxruntime in Python",
    open: async (subject, onnx, context) => openPythonOnnx(subject, await onnx(), context),
  },
  transformersJs("transformers.js 2", "@xenova/transformers"),
  transformersJs("transformers.js 4", "@huggingface/transformers"),
  TENSORFLOW_JS,
];

function transformersJs(name: string, library: LibraryName): PeerKind {
  return {
    name,
    open: async (_subject, onnx, context) =>
      openNpmPeer({ library, settings: orders(context) }, await onnx(), context),
  };
}

/** Every batch size in order of length, and, unless it is quick, as the texts come. */
function orders(context: SuiteContext): EncodeSetting[] {
  return batchSizes(context).flatMap((batchSize) =>
    (batchSize === 1 ? [false] : context.quick ? [true] : [true, false]).map((sorted) => ({
      batchSize,
      sorted,
    })),
  );
}

/** Every peer that can open the model; the others are named with the reason. They start side by side. */
export async function openEncodePeers(
  subject: EncodeSubject,
  context: SuiteContext,
): Promise<{ peers: EncodePeer[]; skipped: Skipped[] }> {
  const kinds = subject.source === USE_LITE ? [TENSORFLOW_JS] : PEERS;
  context.progress(`${subject.name}  starting ${kinds.map(({ name }) => name).join(", ")}`);
  let written: Promise<PipelineOptions> | undefined;
  const onnx: Onnx = () => (written ??= onnxPipeline(subject, context));
  const found = await Promise.all(
    kinds.map(({ name, open }) =>
      orSkipped({ contender: name, work: subject.name }, context.signal, async () => ({
        ...(await open(subject, onnx, context)),
        name,
      })),
    ),
  );
  return {
    peers: found.flatMap(({ opened }) => opened),
    skipped: found.flatMap(({ skipped }) => skipped),
  };
}

/** The model that is embedded, not on disk. */
export const USE_LITE = "use-lite";
