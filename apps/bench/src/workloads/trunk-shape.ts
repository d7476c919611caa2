/** Size of a trunk and of the batches it is timed on. */
export interface TrunkShape {
  readonly name: string;
  readonly architecture: "distilbert" | "bert";
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly batch: number;
  readonly lengthTokens: number;
  /** Heads. Default 2. */
  readonly tasks?: number;
}

const MINILM = {
  architecture: "bert",
  layers: 6,
  width: 384,
  heads: 12,
  feedForward: 1536,
  vocabulary: 30_522,
} as const;

/**
 * Memory to train it: weights, gradients and two moments of 66 M parameters, 1.1 GB, here and in the peer beside it,
 * and what the libraries take; quick work has the small trunk.
 */
export const DISTILBERT_BYTES = { full: 5e9, quick: 1e9 } as const;

/** A trunk small enough for every backend. */
export const SMALL_SHAPE: TrunkShape = {
  name: "2 layers × 256, 32×32",
  architecture: "distilbert",
  layers: 2,
  width: 256,
  heads: 4,
  feedForward: 1024,
  vocabulary: 30_522,
  batch: 32,
  lengthTokens: 32,
};

/** DistilBERT: the trunk of whole fine-tuning jobs where no model is given. */
export const DISTILBERT: TrunkShape = {
  name: "distilbert 16×64",
  architecture: "distilbert",
  layers: 6,
  width: 768,
  heads: 12,
  feedForward: 3072,
  vocabulary: 30_522,
  batch: 16,
  lengthTokens: 64,
};

/** The shapes every timing of a training step is quoted for. */
export const TRUNK_SHAPES: readonly TrunkShape[] = [
  DISTILBERT,
  { ...MINILM, name: "minilm-l6 32×32", batch: 32, lengthTokens: 32 },
  SMALL_SHAPE,
];

/** The trunk that sentences are encoded with where no model is given. */
export const ENCODE_SHAPE: TrunkShape = {
  ...MINILM,
  name: "minilm-l6",
  batch: 32,
  lengthTokens: 128,
};
