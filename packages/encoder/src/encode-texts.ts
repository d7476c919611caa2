import { EspalierError } from "@espalier/core";
import { sortByLength, type TextInput } from "@espalier/tokenizer";
import type { SentenceTransformer } from "./sentence-transformer.ts";

/** Vectors, one row a text. */
export interface Embeddings {
  /** float32 `[rows, dimension]`, row-major */
  readonly data: Float32Array;
  readonly rows: number;
  readonly dimension: number;
}

export interface EncodeOptions {
  /** Texts a launch, default 32. */
  readonly batchSize?: number;
  /** True divides each vector by its length. Default: as the model's modules say. */
  readonly normalize?: boolean;
  /** Name of a prompt of the model; default: the model's default prompt. */
  readonly promptName?: string;
  /** A text put in front of every input, instead of a named prompt; `""` for none. */
  readonly prompt?: string;
  readonly onProgress?: (progress: { done: number; total: number }) => void;
  readonly signal?: AbortSignal;
}

/** @throws {EspalierError} NAME_UNKNOWN for an unknown prompt, ABORTED when cancelled */
export async function encodeTexts(
  model: SentenceTransformer,
  texts: readonly TextInput[],
  options: EncodeOptions & { includePrompt: boolean },
): Promise<Embeddings> {
  const prompt = promptOf(model, options);
  const { distinct, indexOf } = distinctTexts(texts, prompt);
  const encodings = distinct.map((text) => model.tokenize(text));
  const skippedTokens = prompt === "" || options.includePrompt ? 0 : promptLength(model, prompt);
  const order = sortByLength(encodings);
  const { batchSize = 32 } = options;
  const dimension = Math.min(model.dimension, model.truncateDimension ?? model.dimension);
  const vectors = new Float32Array(distinct.length * dimension);
  for (let start = 0; start < order.length; start += batchSize) {
    if (options.signal?.aborted) throw new EspalierError("ABORTED", "encoding was cancelled");
    const indices = order.subarray(start, start + batchSize);
    const batch = model.collate(
      Array.from(indices, (i) => encodings[i] as (typeof encodings)[number]),
      skippedTokens,
    );
    const output = model.forward(batch, { training: false });
    const values = await output.data<"float32">();
    output.dispose();
    for (const [row, i] of indices.entries())
      vectors.set(
        values.subarray(row * model.dimension, row * model.dimension + dimension),
        i * dimension,
      );
    options.onProgress?.({ done: Math.min(start + batchSize, order.length), total: order.length });
  }
  if (options.normalize) normalizeInPlace(vectors, dimension);
  const data = new Float32Array(texts.length * dimension);
  for (const [row, i] of indexOf.entries())
    data.set(vectors.subarray(i * dimension, (i + 1) * dimension), row * dimension);
  return { data, rows: texts.length, dimension };
}

function promptOf(model: SentenceTransformer, options: EncodeOptions): string {
  if (options.prompt !== undefined) return options.prompt;
  const name = options.promptName ?? model.defaultPromptName;
  if (name === undefined) return "";
  const prompt = model.prompts[name];
  if (prompt === undefined)
    throw new EspalierError(
      "NAME_UNKNOWN",
      `prompt "${name}" is not one of ${Object.keys(model.prompts).join(", ") || "(the model has none)"}`,
    );
  return prompt;
}

function distinctTexts(
  texts: readonly TextInput[],
  prompt: string,
): { distinct: TextInput[]; indexOf: Int32Array } {
  const seen = new Map<string, number>();
  const distinct: TextInput[] = [];
  const indexOf = Int32Array.from(texts, (text) => {
    const key = typeof text === "string" ? text : JSON.stringify(text);
    let index = seen.get(key);
    if (index === undefined) {
      index = distinct.length;
      seen.set(key, index);
      distinct.push(typeof text === "string" ? prompt + text : [prompt + text[0], text[1]]);
    }
    return index;
  });
  return { distinct, indexOf };
}

/** Tokens of the prompt alone without its closing special token, as sentence-transformers counts them. */
function promptLength(model: SentenceTransformer, prompt: string): number {
  return Math.max(0, model.tokenize(prompt).ids.length - 1);
}

function normalizeInPlace(vectors: Float32Array, dimension: number): void {
  for (let start = 0; start < vectors.length; start += dimension) {
    const row = vectors.subarray(start, start + dimension);
    let square = 0;
    for (const x of row) square += x * x;
    const norm = Math.max(Math.sqrt(square), 1e-12);
    for (let i = 0; i < dimension; i++) row[i] = (row[i] as number) / norm;
  }
}
