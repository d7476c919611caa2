import {
  type DirectoryFile,
  type PoolingMode,
  resolveModel,
  type Similarity,
  sentenceTransformerFiles,
  type WriteDirectoryOptions,
  writeDirectoryAtomic,
} from "@espalier/checkpoint";
import { EspalierError } from "@espalier/core";
import { type CompiledBatches, compileBatches, holdSteady } from "@espalier/ops";
import type { Encoding, TextInput, Tokenizer } from "@espalier/tokenizer";
import type * as tf from "@tensorflow/tfjs-core";
import type { Boundary } from "./boundary.ts";
import { type Embeddings, type EncodeProgress, encodeTexts } from "./encode-texts.ts";
import { expectEncodings } from "./expect-encodings.ts";
import type { ForwardContext } from "./forward-context.ts";
import { type ForwardFlops, forwardFlops } from "./forward-flops.ts";
import { loadDirectory } from "./load-directory.ts";
import type { ModelOptions } from "./load-options.ts";
import { loadUseLite, USE_LITE } from "./load-use-lite.ts";
import type { LoadedModel } from "./loaded-model.ts";
import {
  type PackedBatch,
  type PackedFeed,
  packBatch,
  packedFeed,
  packedSizes,
} from "./packed-batch.ts";
import type { ParameterStore } from "./parameter-store.ts";
import {
  choosePrompt,
  documentPrompt,
  type PromptOptions,
  promptLength,
  queryPrompt,
} from "./prompts.ts";
import { savedConfig } from "./saved-config.ts";
import { trunkFrom, trunkStates, trunkVectors } from "./trunk.ts";
import { vectorModulesOf } from "./vector-modules.ts";
import { vectorSize } from "./vector-size.ts";

export interface LoadOptions extends ModelOptions {
  /** Where downloads are kept. Default: `ESPALIER_CACHE`, else the platform's cache directory. */
  readonly cacheDirectory?: string | undefined;
  /** True never downloads. Default: `HF_HUB_OFFLINE=1`. */
  readonly offline?: boolean | undefined;
}

export interface EncodeOptions extends PromptOptions {
  /** Texts a launch, fewer where texts are long. Default 32. */
  readonly batchSize?: number | undefined;
  /** True divides each vector by its length, after truncation. Default false: as the model's modules say. */
  readonly normalize?: boolean | undefined;
  /** Keep only the first so many dimensions. Default: what the model was loaded with. */
  readonly truncateDimension?: number | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Preparing the weights for a model that only runs takes about as long as it saves in so many batches. */
const STEADY_LAUNCHES = 32;

/**
 * Text → vector of fixed size: tokenizer, transformer over packed tokens, pooling, and the modules behind it. Runs on
 * whatever tfjs backend is current; the parameters live on the one that was current when it was loaded.
 */
export class SentenceTransformer {
  readonly #model: LoadedModel;
  /** The forward pass without dropout, recorded with the first batch. */
  readonly #encodeBatch: CompiledBatches<PackedBatch, { readonly vectors: tf.Tensor2D }>;
  /** Batches encoded so far. */
  #launches = 0;
  /** What it was loaded as: `use-lite`, a directory or a name on the Hub. */
  readonly name: string;

  private constructor(name: string, model: LoadedModel) {
    this.name = name;
    this.#model = model;
    this.#encodeBatch = compileBatches(
      (feed: PackedFeed) => ({ vectors: trunkVectors(model, feed, { training: false }) }),
      { sizesOf: packedSizes, wayOf: () => "forward" },
    );
  }

  /**
   * @param nameOrDirectory `use-lite` (embedded, no download), a model directory, or a name on the Hugging Face Hub:
   *   `distilbert-base-uncased` is the usual start for fine-tuning, `sentence-transformers/all-MiniLM-L6-v2` for
   *   embeddings as they are
   * @throws {EspalierError} UNSUPPORTED, CONFIG_INVALID, FILE_INVALID or FILE_NOT_FOUND naming the file and the module, field
   *   or tensor; NETWORK_FAILED when a download is needed and impossible
   */
  static async load(
    nameOrDirectory: string,
    options: LoadOptions = {},
  ): Promise<SentenceTransformer> {
    if (nameOrDirectory === USE_LITE)
      return new SentenceTransformer(USE_LITE, await loadUseLite(options));
    const { cacheDirectory, offline } = options;
    const directory = await resolveModel(nameOrDirectory, {
      ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
      ...(offline === undefined ? {} : { offline }),
    });
    return new SentenceTransformer(nameOrDirectory, await loadDirectory(directory, options));
  }

  get tokenizer(): Tokenizer {
    return this.#model.tokenizer;
  }
  /** Everything that can be trained, under its Hugging Face name; modules behind the pooling as `2_Dense.…`. */
  get parameters(): ParameterStore {
    return this.#model.parameters;
  }
  /** The parameter that has a row for every token id, and the number of its rows. */
  get wordTable(): { readonly name: string; readonly rows: number } {
    const { wordTable, vocabularySize } = this.#model.architecture;
    return { name: wordTable, rows: vocabularySize };
  }
  /** The work of a forward of some texts, none of it for padding. */
  forwardFlops(work: { readonly texts: number; readonly tokens: number }): ForwardFlops {
    return forwardFlops(this.#model, work);
  }
  /** Content of config.json. */
  get config(): Readonly<Record<string, unknown>> {
    return this.#model.config;
  }
  /** As in config.json: `bert`, `xlm-roberta` and so on, or `use-lite`. */
  get modelType(): string {
    return this.#model.architecture.modelType;
  }
  get layerCount(): number {
    return this.#model.architecture.layerCount;
  }
  /** D of the token states after the last layer. */
  get width(): number {
    return this.#model.architecture.width;
  }
  /** Texts are cut to so many tokens, special tokens included. */
  get maxLengthTokens(): number {
    return this.#model.maxLengthTokens;
  }
  get poolingModes(): readonly PoolingMode[] {
    return this.#model.pooling.modes;
  }
  /** Size of the vectors of `forward`; those of `encode` may be cut to `truncateDimension`. */
  get dimension(): number {
    return vectorSize(this.#model.pooling, this.#model.stages);
  }
  get truncateDimension(): number | undefined {
    return this.#model.settings.truncateDimension;
  }
  /** Texts to put in front of an input, by name. */
  get prompts(): Readonly<Record<string, string>> {
    return this.#model.settings.prompts;
  }
  get defaultPromptName(): string | undefined {
    return this.#model.settings.defaultPromptName;
  }
  /** How the model's vectors are meant to be compared. */
  get similarity(): Similarity {
    return this.#model.settings.similarity;
  }

  /** Token ids of a text, cut at `maxLengthTokens`. */
  tokenize(text: TextInput): Encoding {
    const { doLowerCase, tokenizer, maxLengthTokens } = this.#model;
    const cased = (part: string) => (doLowerCase ? part.toLowerCase() : part);
    return tokenizer.encode(
      typeof text === "string" ? cased(text) : [cased(text[0]), cased(text[1])],
      { maxLengthTokens },
    );
  }

  /**
   * Packs encoded texts into one batch.
   * @param options.promptTokens length of a prompt that pooling leaves out where the model says so, default 0
   * @throws {EspalierError} SHAPE_MISMATCH for no texts, one longer than the model's positions, or an id past its vocabulary
   */
  collate(encodings: readonly Encoding[], options: { promptTokens?: number } = {}): PackedBatch {
    const { architecture } = this.#model;
    expectEncodings(encodings, architecture);
    return packBatch(encodings, { heads: architecture.heads, ...options });
  }

  /**
   * Sentence vectors, differentiable.
   * @param batch   of `collate`, or where each batch of a compiled function comes from
   * @returns       float32 `[B, dimension]`
   */
  forward(batch: PackedBatch | PackedFeed, context: ForwardContext): tf.Tensor2D {
    return trunkVectors(this.#model, packedFeed(batch), context);
  }

  /**
   * The token states after a layer, differentiable.
   * @param upTo layer, 0 = lowest
   * @returns    float32 `[N, D]`; dummy rows are finite and meaningless
   * @throws {EspalierError} CONFIG_INVALID when there is no such layer
   */
  states(batch: PackedBatch | PackedFeed, context: ForwardContext, upTo: number): tf.Tensor2D {
    return trunkStates(this.#model, packedFeed(batch), { context, upTo });
  }

  /**
   * The rest of a forward, differentiable.
   * @param boundary where `states` come from; at "text" there are none and it is `forward`
   * @param states   after a layer: float32 `[N, D]` as `states` gives them for this batch, dummy rows any finite values;
   *   pooled: float32 `[B, dimension]`, which is the result
   * @returns        float32 `[B, dimension]`
   * @throws {EspalierError} CONFIG_INVALID when there is no such layer, SHAPE_MISMATCH
   */
  // biome-ignore lint/complexity/useMaxParams: where from, what from there, and the two arguments of every forward
  forwardFrom(
    boundary: Boundary,
    states: tf.Tensor2D | undefined,
    batch: PackedBatch | PackedFeed,
    context: ForwardContext,
  ): tf.Tensor2D {
    if (boundary === "text") return this.forward(batch, context);
    return trunkFrom(this.#model, packedFeed(batch), { boundary, states, context });
  }

  /**
   * Vectors of texts, in order: each distinct text once, in batches of like length, without dropout. A pair shares
   * one sequence. What else is in a batch changes a vector by rounding errors at most.
   * @throws {EspalierError} NAME_UNKNOWN for an unknown prompt, CONFIG_INVALID for a bad option, ABORTED when cancelled
   */
  async encode(texts: readonly TextInput[], options: EncodeOptions = {}): Promise<Embeddings> {
    const { batchSize = 32, normalize = false, onProgress, signal } = options;
    const dimension = options.truncateDimension ?? this.truncateDimension ?? this.dimension;
    expectWhole("batchSize", batchSize, Number.MAX_SAFE_INTEGER);
    expectWhole("truncateDimension", dimension, this.dimension);
    const prompt = choosePrompt(this.#model.settings, options);
    const promptTokens =
      prompt === "" || this.#model.pooling.includePrompt
        ? 0
        : promptLength(prompt, (text) => this.tokenize(text));
    const model = {
      dimension: this.dimension,
      tokenize: (text: TextInput) => this.tokenize(text),
      collate: (encodings: readonly Encoding[], packing: { promptTokens: number }) =>
        this.collate(encodings, packing),
      forward: (batch: PackedBatch) => {
        if (++this.#launches % STEADY_LAUNCHES === 0) this.prepareToEncode();
        this.parameters.settle();
        return this.#encodeBatch(batch).vectors;
      },
    };
    return encodeTexts(model, texts, {
      ...{ batchSize, prompt, promptTokens, dimension, normalize, onProgress, signal },
    });
  }

  /**
   * Prepares the weights for many batches to encode, as a server does once. `encode` does it by itself after 32 batches,
   * where it begins to pay. It costs a copy of the matrices; training ends it.
   */
  prepareToEncode(): void {
    holdSteady(this.parameters.entries().map(({ variable }) => variable));
  }

  /** `encode` with the model's prompt for questions (`query`), if it has one. */
  encodeQuery(texts: readonly TextInput[], options: EncodeOptions = {}): Promise<Embeddings> {
    return this.encode(texts, { ...options, ...queryPrompt(this.#model.settings, options) });
  }

  /** `encode` with the model's prompt for texts to be found (`document`, `passage` or `corpus`), if it has one. */
  encodeDocument(texts: readonly TextInput[], options: EncodeOptions = {}): Promise<Embeddings> {
    return this.encode(texts, { ...options, ...documentPrompt(this.#model.settings, options) });
  }

  /** The files of a sentence-transformers directory with the present weights, float32. */
  async files(): Promise<DirectoryFile[]> {
    const { config, wholeFloats, architecture, parameters, pooling, stages, settings, kept } =
      this.#model;
    const weights = new Map(kept);
    for (const { name } of architecture.parameters) {
      const { shape } = parameters.get(name);
      weights.set(name, { shape, data: await parameters.values(name) });
    }
    return sentenceTransformerFiles({
      ...settings,
      config: savedConfig(config, architecture),
      wholeFloats,
      weights: Object.fromEntries(
        [...weights].map(([name, { shape, data }]) => [
          name,
          { dtype: "F32" as const, shape, data: data as Float32Array<ArrayBuffer> },
        ]),
      ),
      pooling,
      vectorModules: await vectorModulesOf(parameters, stages),
      maxLengthTokens: this.maxLengthTokens,
      doLowerCase: this.#model.doLowerCase,
      tokenizerFiles: this.tokenizer.files(),
    });
  }

  /**
   * Writes the directory, all or nothing.
   * @throws {EspalierError} CONFIG_INVALID when it exists, is not empty and `overwrite` is not set
   */
  async save(directory: string, options: WriteDirectoryOptions = {}): Promise<void> {
    await writeDirectoryAtomic(directory, await this.files(), options);
  }

  /** Frees the parameters. */
  dispose(): void {
    this.#encodeBatch.dispose();
    this.parameters.dispose();
  }
}

function expectWhole(name: string, value: number, largest: number): void {
  if (!Number.isInteger(value) || value < 1 || value > largest)
    throw new EspalierError(
      "CONFIG_INVALID",
      `${name} is ${value}, expected a whole number from 1 to ${largest}`,
    );
}
