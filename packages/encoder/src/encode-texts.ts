import { EspalierError } from "@espalier/core";
import { type Encoding, sortByLength, type TextInput } from "@espalier/tokenizer";
import type * as tf from "@tensorflow/tfjs-core";
import { normalizeVectors } from "./normalize-vectors.ts";
import type { PackedBatch } from "./packed-batch.ts";

/** Vectors, one row a text. */
export interface Embeddings {
  /** float32 `[rows, dimension]`, row-major */
  readonly data: Float32Array;
  readonly rows: number;
  readonly dimension: number;
}

/** What `encodeTexts` needs of a model. */
export interface TextEncoder {
  /** Size of the vectors of `forward`. */
  readonly dimension: number;
  tokenize(text: TextInput): Encoding;
  collate(encodings: readonly Encoding[], options: { promptTokens: number }): PackedBatch;
  /** float32 `[B, dimension]`, without dropout */
  forward(batch: PackedBatch): tf.Tensor2D;
}

export interface EncodeTextsOptions {
  /** Texts a launch. */
  readonly batchSize: number;
  /** Put in front of every text; "" is none. */
  readonly prompt: string;
  /** Leading tokens that pooling may leave out. */
  readonly promptTokens: number;
  /** The vectors keep so many dimensions. */
  readonly dimension: number;
  /** True divides each vector by its length, after the cut. */
  readonly normalize: boolean;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EncodeProgress {
  /** Distinct texts encoded so far. */
  readonly done: number;
  /** Distinct texts. */
  readonly total: number;
}

/**
 * Vectors of texts, in order: each distinct text once, in batches of like length, longest first.
 * @throws {EspalierError} ABORTED when cancelled
 */
export async function encodeTexts(
  model: TextEncoder,
  texts: readonly TextInput[],
  options: EncodeTextsOptions,
): Promise<Embeddings> {
  const { prompt, promptTokens, dimension } = options;
  const { distinct, indexOf } = distinctTexts(texts);
  const encodings = distinct.map((text) =>
    model.tokenize(typeof text === "string" ? prompt + text : [prompt + text[0], text[1]]),
  );
  const vectors = new Float32Array(distinct.length * dimension);
  let done = 0;
  for (const indices of launches(encodings, options.batchSize)) {
    if (options.signal?.aborted)
      throw new EspalierError("ABORTED", `encoding was cancelled after ${done} texts`, {
        cause: options.signal.reason,
      });
    const batch = model.collate(
      Array.from(indices, (i) => encodings[i] as Encoding),
      { promptTokens },
    );
    const output = model.forward(batch);
    const values = await output.data<"float32">().finally(() => output.dispose());
    for (const [row, i] of indices.entries()) {
      const from = row * model.dimension;
      vectors.set(values.subarray(from, from + dimension), i * dimension);
    }
    done += indices.length;
    options.onProgress?.({ done, total: distinct.length });
  }
  if (options.normalize) normalizeVectors(vectors, dimension);
  const data = new Float32Array(texts.length * dimension);
  for (const [row, i] of indexOf.entries())
    data.set(vectors.subarray(i * dimension, (i + 1) * dimension), row * dimension);
  return { data, rows: texts.length, dimension };
}

/**
 * Slots of a launch, B · T: bounds the memory of long texts, whatever the batch size. 8,192 slots are 32 texts of 256
 * tokens; a feed-forward layer of 3,072 then takes 100 MB and the scores of 12 heads as much.
 */
const MAX_SLOTS = 8192;

function launches(encodings: readonly Encoding[], batchSize: number): Int32Array[] {
  const order = sortByLength(encodings);
  const found: Int32Array[] = [];
  for (let start = 0; start < order.length; ) {
    const longest = Math.max(1, (encodings[order[start] as number] as Encoding).ids.length);
    const count = Math.max(1, Math.min(batchSize, Math.floor(MAX_SLOTS / longest)));
    found.push(order.subarray(start, start + count));
    start += count;
  }
  return found;
}

function distinctTexts(texts: readonly TextInput[]): {
  distinct: TextInput[];
  /** int32 `[texts]`: which distinct text each one is. */
  indexOf: Int32Array;
} {
  const seen = new Map<string, number>();
  const distinct: TextInput[] = [];
  const indexOf = Int32Array.from(texts, (text) => {
    const key = JSON.stringify(text); // a string and a pair never have the same JSON
    const index = seen.get(key) ?? distinct.length;
    if (index === distinct.length) {
      seen.set(key, index);
      distinct.push(text);
    }
    return index;
  });
  return { distinct, indexOf };
}
