/** How token states become one vector; the names of sentence-transformers. */
export const POOLING_MODES = [
  "cls",
  "max",
  "mean",
  "mean_sqrt_len_tokens",
  "weightedmean",
  "lasttoken",
] as const;
export type PoolingMode = (typeof POOLING_MODES)[number];

/** What follows a Dense module's product. `gelu` is the exact (erf) one. */
export type DenseActivation = "identity" | "tanh" | "relu" | "gelu" | "sigmoid";

export const SIMILARITIES = ["cosine", "dot", "euclidean", "manhattan"] as const;
/** How two vectors of a model are meant to be compared. */
export type Similarity = (typeof SIMILARITIES)[number];

export interface TransformerModule {
  readonly kind: "Transformer";
  /** Folder of config.json, weights and tokenizer relative to the model's, `""` for the same. */
  readonly path: string;
}

export interface PoolingModule {
  readonly kind: "Pooling";
  /** Size of a token state. */
  readonly dimension: number;
  /** At least one; several are concatenated in this order. */
  readonly modes: readonly PoolingMode[];
  /** False leaves the tokens of a prompt out of the pooling (not out of the attention). Default true. */
  readonly includePrompt: boolean;
}

/** `activation(x · weightᵀ + bias)` on the sentence vector. */
export interface DenseModule {
  readonly kind: "Dense";
  readonly inputSize: number;
  readonly outputSize: number;
  readonly activation: DenseActivation;
  /** `[outputSize, inputSize]`, row-major. */
  readonly weight: Float32Array;
  /** `[outputSize]`; none when the module was configured without. */
  readonly bias?: Float32Array;
}

/** Layer normalisation of the sentence vector, epsilon 1e-5 (torch.nn.LayerNorm's default). */
export interface LayerNormModule {
  readonly kind: "LayerNorm";
  readonly dimension: number;
  /** `[dimension]` */
  readonly weight: Float32Array;
  /** `[dimension]` */
  readonly bias: Float32Array;
}

/** Divides the sentence vector by its L2 norm (at least 1e-12). */
export interface NormalizeModule {
  readonly kind: "Normalize";
}

/** A module that works on the sentence vector. */
export type VectorModule = DenseModule | LayerNormModule | NormalizeModule;

export type ModelModule = TransformerModule | PoolingModule | VectorModule;
