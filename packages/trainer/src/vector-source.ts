import { EspalierError } from "@espalier/core";
import {
  type ForwardContext,
  type PackedBatch,
  type PackedFeed,
  type PackedSizes,
  packedRows,
  packedSizes,
  type SentenceTransformer,
} from "@espalier/encoder";
import type { Boundary } from "@espalier/freeze-policy";
import { type BatchFeed, feedOf, partOf } from "@espalier/ops";
import { type Encoding, sortByLength } from "@espalier/tokenizer";
import * as tf from "@tensorflow/tfjs-core";
import type { TextTable } from "./text-table.ts";

/** Where sentence vectors come from: the whole trunk, or what is above its frozen prefix. */
export interface VectorSource {
  readonly start: Boundary;
  /** Whether the prefix's results are kept, and the memory that they take. */
  readonly cache: { readonly kept: "nothing" | "states" | "vectors"; readonly bytes: number };
  readonly work: TrunkWork;
  /** Prepares some texts. @param texts int32 `[B]`, places in the text table */
  batch(texts: Int32Array): SourceBatch;
  /**
   * The vectors of prepared texts, differentiable above the frozen prefix, which never drops out.
   * @param context of the part above the prefix
   * @returns float32 `[B, D]`
   */
  vectors(feed: SourceFeed, context: ForwardContext): tf.Tensor2D;
}

/** Some texts of a source. */
export interface SourceBatch {
  /** int32 `[B]`, places in the text table */
  readonly texts: Int32Array;
  /** Their tokens, where the vectors are not known. */
  readonly packed: PackedBatch | undefined;
}

/** Where the texts of each batch come from. */
export type SourceFeed = BatchFeed<SourceBatch, PackedSizes>;

export function sourceSizes({ texts, packed }: SourceBatch): PackedSizes {
  return packed === undefined ? { texts: texts.length, slots: 1, rows: 1 } : packedSizes(packed);
}

/** The vectors of some texts now. @returns float32 `[B, D]` */
export function vectorsOf(
  source: VectorSource,
  texts: Int32Array,
  context: ForwardContext,
): tf.Tensor2D {
  const batch = source.batch(texts);
  return source.vectors(feedOf(batch, sourceSizes(batch)), context);
}

function packedPart(feed: SourceFeed): PackedFeed {
  return partOf(feed, ({ packed }) => packed as PackedBatch);
}

/** Tokens that went forward through the trunk, in whole trunks: half of the layers counts half. */
export interface TrunkWork {
  /** Those that were computed, padding not among them: there is none. */
  readonly tokens: number;
  /** Those that padded batches without a cache would have computed. */
  readonly plainTokens: number;
}

export interface VectorSourceOptions {
  readonly start: Boundary;
  /** "memory" computes the frozen prefix once a text, "off" in every batch. */
  readonly cache: "memory" | "off";
  /** A prefix whose results take more is computed in every batch. */
  readonly cacheLimitBytes: number;
  /** Texts a launch while the cache is filled. Default 64. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Texts whose frozen layers are computed. */
export interface FillProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Opens a source for a table of texts. Where there is a frozen prefix and its results fit, they are computed now: each
 * text once, without dropout, in batches of like length. Numbers are the same with and without the cache.
 * @throws {EspalierError} ABORTED when cancelled while filling
 */
export async function openVectorSource(
  encoder: SentenceTransformer,
  table: TextTable,
  options: VectorSourceOptions,
): Promise<VectorSource> {
  const filling = fillVectorSource(encoder, table, options);
  for (;;) {
    const next = await filling.next();
    if (next.done) return next.value;
  }
}

/** The same, giving way after every launch. @returns the source, when it is filled */
export async function* fillVectorSource(
  encoder: SentenceTransformer,
  table: TextTable,
  options: VectorSourceOptions,
): AsyncGenerator<FillProgress, VectorSource> {
  const { start } = options;
  const source = plainSource(encoder, table, start);
  if (start === "text" || options.cache === "off") return source;
  const filling = { encoder, table, options, meter: source.meter };
  const cached =
    start === "pooled"
      ? yield* cachedVectors(filling)
      : yield* cachedStates(filling, start.afterLayer);
  return cached ?? source;
}

/** A source without a cache. */
export function plainSource(
  encoder: SentenceTransformer,
  table: TextTable,
  start: Boundary,
): VectorSource & { readonly meter: WorkMeter } {
  const meter = workMeter();
  return {
    start,
    cache: { kept: "nothing", bytes: 0 },
    work: meter,
    meter,
    batch(texts) {
      const packed = encoder.collate(pick(table, texts));
      meter.count(packed, { computed: 1, plain: 1 });
      return { texts, packed };
    },
    vectors(feed, context) {
      const packed = packedPart(feed);
      if (start === "text") return encoder.forward(packed, context);
      if (start === "pooled") return encoder.forward(packed, FROZEN);
      return tf.tidy(() => {
        const states = encoder.states(packed, FROZEN, start.afterLayer);
        return encoder.forwardFrom(start, states, packed, context);
      });
    },
  };
}

/** Sentence vectors that were computed before. @param data float32 `[texts, D]` @param work counted so far */
export function givenVectors(
  data: Float32Array,
  dimension: number,
  work: TrunkWork = { tokens: 0, plainTokens: 0 },
): VectorSource {
  return {
    start: "pooled",
    cache: { kept: "vectors", bytes: data.byteLength },
    work,
    batch: (texts) => ({ texts, packed: undefined }),
    vectors: (feed) =>
      feed.array<tf.Rank.R2>("float32", [feed.sizes.texts, dimension], ({ texts }, length) => {
        const rows = new Float32Array(length);
        for (const [row, text] of texts.entries())
          rows.set(data.subarray(text * dimension, (text + 1) * dimension), row * dimension);
        return rows;
      }),
  };
}

/** The frozen prefix runs as in evaluation. */
const FROZEN: ForwardContext = { training: false };

interface Filling {
  readonly encoder: SentenceTransformer;
  readonly table: TextTable;
  readonly options: VectorSourceOptions;
  readonly meter: WorkMeter;
}

async function* cachedVectors(
  filling: Filling,
): AsyncGenerator<FillProgress, VectorSource | undefined> {
  const { encoder, table, options, meter } = filling;
  const { dimension } = encoder;
  const bytes = table.encodings.length * dimension * Float32Array.BYTES_PER_ELEMENT;
  if (bytes > options.cacheLimitBytes) return undefined;
  const data = new Float32Array(table.encodings.length * dimension);
  for (const { texts, batch, progress } of launches(filling)) {
    meter.count(batch, { computed: 1, plain: 0 });
    const values = await read(encoder.forward(batch, FROZEN));
    for (const [row, text] of texts.entries())
      data.set(values.subarray(row * dimension, (row + 1) * dimension), text * dimension);
    yield progress;
  }
  const given = givenVectors(data, dimension, meter);
  return {
    ...given,
    batch(texts) {
      meter.countPlain(table, texts);
      return given.batch(texts);
    },
  };
}

async function* cachedStates(
  filling: Filling,
  afterLayer: number,
): AsyncGenerator<FillProgress, VectorSource | undefined> {
  const { encoder, table, options, meter } = filling;
  const below = (afterLayer + 1) / encoder.layerCount;
  const states: Float32Array[] = new Array(table.encodings.length);
  let width = 0;
  let bytes = 0;
  for (const { texts, batch, progress } of launches(filling)) {
    meter.count(batch, { computed: below, plain: 0 });
    const output = encoder.states(batch, FROZEN, afterLayer);
    width = output.shape[1];
    bytes = table.tokens * width * Float32Array.BYTES_PER_ELEMENT;
    const values = await read(output);
    if (bytes > options.cacheLimitBytes) return undefined;
    for (const [b, text] of texts.entries())
      states[text] = values.slice(
        (batch.starts[b] as number) * width,
        (batch.starts[b + 1] as number) * width,
      );
    yield progress;
  }
  return {
    start: { afterLayer },
    cache: { kept: "states", bytes },
    work: meter,
    batch(texts) {
      const packed = encoder.collate(pick(table, texts));
      meter.count(packed, { computed: 1 - below, plain: 1 });
      return { texts, packed };
    },
    vectors(feed, context) {
      return tf.tidy(() => {
        const known = feed.array<tf.Rank.R2>(
          "float32",
          [packedRows(feed.sizes), width],
          (batch, length) => {
            // Dummy rows stay 0: nothing reads what becomes of them.
            const rows = new Float32Array(length);
            for (const [b, text] of batch.texts.entries())
              rows.set(states[text] as Float32Array, (batch.packed?.starts[b] as number) * width);
            return rows;
          },
        );
        return encoder.forwardFrom({ afterLayer }, known, packedPart(feed), context);
      });
    },
  };
}

interface Launch {
  readonly texts: Int32Array;
  readonly batch: PackedBatch;
  /** When this launch is done. */
  readonly progress: FillProgress;
}

/** All texts of the table, longest first, in batches. */
function* launches({ encoder, table, options }: Filling): Generator<Launch> {
  const { batchSize = 64, signal } = options;
  const order = sortByLength(table.encodings);
  const total = order.length;
  for (let first = 0; first < total; first += batchSize) {
    if (signal?.aborted)
      throw new EspalierError("ABORTED", "computing the frozen layers was cancelled");
    const texts = order.subarray(first, first + batchSize);
    const progress = { done: first + texts.length, total };
    yield { texts, batch: encoder.collate(pick(table, texts)), progress };
  }
}

function pick({ encodings }: TextTable, texts: Int32Array): Encoding[] {
  return Array.from(texts, (text) => encodings[text] as Encoding);
}

async function read(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return await tensor.data<"float32">();
  } finally {
    tensor.dispose();
  }
}

interface WorkMeter extends TrunkWork {
  count(batch: PackedBatch, shares: { computed: number; plain: number }): void;
  countPlain(table: TextTable, texts: Int32Array): void;
}

function workMeter(): WorkMeter {
  let tokens = 0;
  let plainTokens = 0;
  return {
    get tokens() {
      return tokens;
    },
    get plainTokens() {
      return plainTokens;
    },
    count({ lengths }, { computed, plain }) {
      tokens += computed * lengths.reduce((sum, length) => sum + length, 0);
      plainTokens += plain * lengths.length * Math.max(...lengths);
    },
    countPlain({ lengthsTokens }, texts) {
      const longest = texts.reduce((most, t) => Math.max(most, lengthsTokens[t] as number), 0);
      plainTokens += texts.length * longest;
    },
  };
}
