import {
  type DirectoryFile,
  type PoolingMode,
  resolveModel,
  type SafetensorsTensor,
  sentenceTransformerFiles,
  writeDirectoryAtomic,
} from "@espalier/checkpoint";
import { EspalierError } from "@espalier/core";
import type { Encoding, TextInput, Tokenizer } from "@espalier/tokenizer";
import * as tf from "@tensorflow/tfjs-core";
import { type Embeddings, type EncodeOptions, encodeTexts } from "./encode-texts.ts";
import { type ForwardContext, startForward } from "./forward-pass.ts";
import { loadDirectory } from "./load-directory.ts";
import { loadUseLite } from "./load-use-lite.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { type PackedBatch, packBatch } from "./packed-batch.ts";
import type { ParameterStore } from "./parameter-store.ts";
import { pool, poolingWeights, readsOneToken } from "./pooling.ts";
import { applyVectorModules, vectorModulesOf } from "./vector-modules.ts";

export interface LoadOptions {
  /** How token states become the vector, instead of the model's own way; a plain checkpoint has none and gets mean. */
  readonly pooling?: PoolingMode | undefined;
  /** Longer texts are cut; default: what the model says. */
  readonly maxLengthTokens?: number | undefined;
  /** Where downloads are kept; default: `ESPALIER_CACHE`, else the system's cache directory. */
  readonly cacheDirectory?: string;
  /** True never downloads. Default false. */
  readonly offline?: boolean;
}

/**
 * Where a forward may start: from tokens, from the states after a layer, or from finished sentence vectors.
 * The latter two are what a frozen part below gives, computed once.
 */
export type StatesBoundary = { readonly afterLayer: number };

/** Text → vector of fixed size: tokenizer, transformer over packed tokens, pooling, and what follows it. */
export class SentenceTransformer {
  readonly #model: LoadedModel;

  constructor(model: LoadedModel) {
    this.#model = model;
  }

  /**
   * @param nameOrDirectory `use-lite` (embedded, no download), a model directory, or a name on the Hugging Face Hub such
   *   as `distilbert-base-uncased`
   * @throws {EspalierError} naming the file, module, field or tensor that is missing or not supported; NETWORK_FAILED
   *   when a download is needed and impossible
   */
  static async load(
    nameOrDirectory: string,
    options: LoadOptions = {},
  ): Promise<SentenceTransformer> {
    if (nameOrDirectory === "use-lite") return new SentenceTransformer(await loadUseLite(options));
    const directory = await resolveModel(nameOrDirectory, {
      ...(options.cacheDirectory === undefined ? {} : { cacheDirectory: options.cacheDirectory }),
      ...(options.offline === undefined ? {} : { offline: options.offline }),
    });
    return new SentenceTransformer({
      ...(await loadDirectory(directory, options)),
      name: nameOrDirectory,
    });
  }

  get name(): string {
    return this.#model.name;
  }
  get modelType(): string {
    return this.#model.architecture.modelType;
  }
  get tokenizer(): Tokenizer {
    return this.#model.tokenizer;
  }
  get parameters(): ParameterStore {
    return this.#model.parameters;
  }
  get layerCount(): number {
    return this.#model.architecture.layerCount;
  }
  /** D of the token states. */
  get width(): number {
    return this.#model.architecture.width;
  }
  get maxLengthTokens(): number {
    return this.#model.maxLengthTokens;
  }
  get poolingModes(): readonly PoolingMode[] {
    return this.#model.pooling.modes;
  }
  /** Texts put in front of an input, by name. */
  get prompts(): Readonly<Record<string, string>> {
    return this.#model.settings.prompts;
  }
  get defaultPromptName(): string | undefined {
    return this.#model.settings.defaultPromptName;
  }
  /** Size of the sentence vector, before truncation. */
  get dimension(): number {
    const { pooling, stages } = this.#model;
    const dense = stages.findLast((stage) => stage.kind === "Dense");
    return dense?.kind === "Dense" ? dense.outputSize : pooling.dimension * pooling.modes.length;
  }
  /** Vectors given by `encode` keep only so many dimensions. */
  get truncateDimension(): number | undefined {
    return this.#model.settings.truncateDimension;
  }

  /** Token ids of a text, cut at `maxLengthTokens`. */
  tokenize(text: TextInput): Encoding {
    const lower = (part: string) => (this.#model.doLowerCase ? part.toLowerCase() : part);
    return this.tokenizer.encode(
      typeof text === "string" ? lower(text) : [lower(text[0]), lower(text[1])],
      { maxLengthTokens: this.#model.maxLengthTokens },
    );
  }

  /** Packs encoded texts into one batch. @param skippedTokens of a prompt that pooling leaves out, default 0 */
  collate(encodings: readonly Encoding[], skippedTokens = 0): PackedBatch {
    return packBatch(encodings, { heads: this.#model.architecture.heads, skippedTokens });
  }

  /** Sentence vectors, differentiable. @returns float32 `[B, dimension]` */
  forward(batch: PackedBatch, context: ForwardContext): tf.Tensor2D {
    return tf.tidy(() => this.#fromLayer(batch, context, { next: 0 }));
  }

  /** The token states after a layer. @param layer 0 = lowest @returns float32 `[N, D]` */
  states(batch: PackedBatch, context: ForwardContext, layer: number): tf.Tensor2D {
    const { architecture, parameters } = this.#model;
    this.#expectLayer(layer);
    return tf.tidy(() => {
      const pass = startForward(parameters, batch, context);
      let states = architecture.embed(pass);
      for (let i = 0; i <= layer; i++) states = architecture.layer(pass, i, { states });
      return states;
    });
  }

  /**
   * The rest of a forward from the states after a layer.
   * @param from.states float32 `[N, D]` as `states` gave them for this batch
   * @returns float32 `[B, dimension]`
   */
  forwardFrom(
    from: StatesBoundary & { readonly states: tf.Tensor2D },
    batch: PackedBatch,
    context: ForwardContext,
  ): tf.Tensor2D {
    this.#expectLayer(from.afterLayer);
    return tf.tidy(() =>
      this.#fromLayer(batch, context, { next: from.afterLayer + 1, states: from.states }),
    );
  }

  /** Vectors of texts, in order: each distinct text once, in batches of like length, without dropout. */
  encode(texts: readonly TextInput[], options: EncodeOptions = {}): Promise<Embeddings> {
    return encodeTexts(this, texts, {
      ...options,
      includePrompt: this.#model.pooling.includePrompt,
    });
  }

  /** The files of a sentence-transformers directory with the present weights. */
  async files(): Promise<DirectoryFile[]> {
    const { config, architecture, parameters, pooling, stages, settings, kept } = this.#model;
    const weights: Record<string, SafetensorsTensor> = {};
    for (const { name, shape } of architecture.parameters)
      weights[name] = float32(shape, await parameters.values(name));
    for (const [name, { shape, data }] of kept) weights[name] = float32(shape, data);
    return sentenceTransformerFiles({
      ...settings,
      config,
      weights,
      pooling,
      vectorModules: await vectorModulesOf(parameters, stages),
      maxLengthTokens: this.#model.maxLengthTokens,
      doLowerCase: this.#model.doLowerCase,
      tokenizerFiles: this.tokenizer.files(),
    });
  }

  /** Writes the directory, all or nothing. @throws {EspalierError} when it exists and `overwrite` is not set */
  async save(directory: string, options: { overwrite?: boolean } = {}): Promise<void> {
    await writeDirectoryAtomic(directory, await this.files(), options);
  }

  dispose(): void {
    this.parameters.dispose();
  }

  #fromLayer(
    batch: PackedBatch,
    context: ForwardContext,
    from: { next: number; states?: tf.Tensor2D },
  ): tf.Tensor2D {
    const { architecture, parameters, pooling, stages } = this.#model;
    const pass = startForward(parameters, batch, context);
    const last = architecture.layerCount - 1;
    const single = readsOneToken(pooling);
    const rows =
      single !== undefined && architecture.modelType !== "use-lite" && from.next <= last
        ? poolingWeights(single, batch, pooling.includePrompt)
        : undefined;
    let states = from.states ?? architecture.embed(pass);
    for (let layer = from.next; layer <= last; layer++)
      states = architecture.layer(pass, layer, {
        states,
        ...(rows !== undefined && layer === last ? { rows } : {}),
      });
    const pooled = rows === undefined ? pool(states, batch, pooling) : states;
    return applyVectorModules(pooled, parameters, stages);
  }

  #expectLayer(layer: number): void {
    if (!Number.isInteger(layer) || layer < 0 || layer >= this.layerCount)
      throw new EspalierError(
        "CONFIG_INVALID",
        `layer ${layer}, but the trunk has layers 0 to ${this.layerCount - 1}`,
      );
  }
}

function float32(shape: readonly number[], data: Float32Array): SafetensorsTensor {
  return { dtype: "F32", shape, data: data as Float32Array<ArrayBuffer> };
}
