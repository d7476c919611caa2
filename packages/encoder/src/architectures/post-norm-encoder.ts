import type { ForwardPass } from "../forward-pass.ts";
import type { Activation } from "./activation.ts";
import type { Architecture, LayerInput } from "./architecture.ts";
import {
  type EmbeddingTable,
  embeddingParameters,
  embedTokens,
  type LookUp,
  WORD_TABLE,
} from "./embedding-tables.ts";
import {
  isKeyOrValue,
  type PostNormNames,
  postNormLayer,
  postNormParameters,
} from "./post-norm-layer.ts";
import { type RelativePositions, relativePositions } from "./relative-positions.ts";

/** What encoders of summed tables and post-norm layers differ in. */
export interface PostNormEncoder {
  /** What the architecture takes over as it is. */
  readonly kind: Pick<
    Architecture,
    "modelType" | "pretrainedClass" | "checkpointPrefix" | "maxPositions" | "kept" | "ignored"
  >;
  readonly sizes: {
    readonly width: number;
    readonly layers: number;
    readonly heads: number;
    readonly feedForward: number;
  };
  /** Rows of each embedding table, in the order of the network. */
  readonly tables: Readonly<Partial<Record<EmbeddingTable, number>>> & { readonly word: number };
  /** In the order in which their rows are added. */
  readonly lookUps: readonly LookUp[];
  readonly names: (layer: number) => PostNormNames;
  /** Of all LayerNorms. */
  readonly epsilon: number;
  readonly activation: Activation;
  /** Dropout rates. */
  readonly dropout: {
    readonly embeddings: number;
    readonly probabilities: number;
    readonly attentionOutput: number;
    readonly output: number;
  };
  /** A bias of the scores by distance that all layers share; none by default. */
  readonly relative?: RelativePositions;
}

/** BERT and its relatives: summed embedding tables, then transformer layers with LayerNorm behind each residual sum. */
export function postNormEncoder(encoder: PostNormEncoder): Architecture {
  const { sizes, tables, names, epsilon, relative } = encoder;
  const { width, feedForward, heads } = sizes;
  const distances = relative && relativePositions(relative, heads);
  return {
    ...encoder.kind,
    width,
    layerCount: sizes.layers,
    heads,
    vocabularySize: tables.word,
    ...(tables.token_type === undefined ? {} : { segments: tables.token_type }),
    wordTable: WORD_TABLE,
    parameters: [
      ...embeddingParameters(tables, width),
      ...(distances?.parameters ?? []),
      ...Array.from({ length: sizes.layers }, (_, layer) =>
        postNormParameters(names(layer), { width, feedForward, layer }),
      ).flat(),
    ],
    everyToken: isKeyOrValue(names(sizes.layers - 1)),
    embed: (pass: ForwardPass) =>
      embedTokens(pass, encoder.lookUps, { epsilon, dropout: encoder.dropout.embeddings }),
    layer: (pass: ForwardPass, layer: number, input: LayerInput) =>
      postNormLayer(pass, input, {
        names: names(layer),
        epsilon,
        activation: encoder.activation,
        dropout: encoder.dropout,
        ...(distances === undefined ? {} : { positionBias: distances.bias(pass, input.rows) }),
      }),
  };
}
