import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { packedRows } from "../packed-batch.ts";
import type { Architecture } from "./architecture.ts";
import { parseConfig, positive, rate } from "./config-fields.ts";
import { WORD_TABLE } from "./embedding-tables.ts";
import { preNormLayer, preNormParameters } from "./pre-norm-layer.ts";
import { timingSignal } from "./timing-signal.ts";

/** config.json of this architecture. */
export interface UseLiteConfig extends Readonly<Record<string, unknown>> {
  readonly model_type: "use-lite";
  readonly vocab_size: number;
  /** Width of the embeddings and of the first layer's input. */
  readonly embedding_size: number;
  /** Width of all states above. */
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly max_position_embeddings: number;
  readonly layer_norm_eps: number;
  /** One rate for all sites. */
  readonly dropout: number;
}

const schema = z
  .strictObject({
    model_type: z.literal("use-lite"),
    vocab_size: positive,
    embedding_size: positive.multipleOf(2),
    hidden_size: positive,
    num_hidden_layers: positive,
    num_attention_heads: positive,
    intermediate_size: positive,
    max_position_embeddings: positive,
    layer_norm_eps: z.number().positive(),
    dropout: rate,
  })
  .refine(
    ({ embedding_size, hidden_size, num_attention_heads }) =>
      embedding_size % num_attention_heads === 0 && hidden_size % num_attention_heads === 0,
    { path: ["num_attention_heads"], message: "doesn't divide embedding_size and hidden_size" },
  );

/** The sizes of the published model. It has no dropout; a rate given here is for training it on. */
export const USE_LITE_CONFIG: UseLiteConfig = {
  model_type: "use-lite",
  vocab_size: 8002,
  embedding_size: 256,
  hidden_size: 512,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 1536,
  max_position_embeddings: 128,
  layer_norm_eps: 1e-6,
  dropout: 0,
};

/**
 * The encoder of Universal Sentence Encoder lite (Cer et al. 2018), read off its published graph: embeddings counted
 * twice plus sinusoidal positions, then pre-norm layers. The first layer's input is as narrow as the embeddings; its
 * residual is widened by a linear map. There is no LayerNorm after the last layer. What follows (mean pooling, a
 * tanh layer, normalisation) are modules of their own.
 * @param config content of config.json; `place` names it in messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function useLite(config: unknown, place: string): Architecture {
  const sizes = parseConfig(schema, config, place);
  const { embedding_size: narrow, hidden_size: width } = sizes;
  const prefix = (layer: number): string => `encoder.layer.${layer}`;
  const inputWidth = (layer: number): number => (layer === 0 ? narrow : width);
  const signal = timingSignal(sizes.max_position_embeddings, narrow);
  return {
    modelType: "use-lite",
    width,
    layerCount: sizes.num_hidden_layers,
    heads: sizes.num_attention_heads,
    maxPositions: sizes.max_position_embeddings,
    vocabularySize: sizes.vocab_size,
    wordTable: WORD_TABLE,
    parameters: [
      { name: WORD_TABLE, shape: [sizes.vocab_size, narrow], group: "embeddings" },
      ...Array.from({ length: sizes.num_hidden_layers }, (_, layer) =>
        preNormParameters(prefix(layer), {
          input: inputWidth(layer),
          width,
          feedForward: sizes.intermediate_size,
          layer,
        }),
      ).flat(),
    ],
    everyToken: () => true,
    kept: [],
    ignored: [],
    embed(pass) {
      const { feed } = pass;
      const tokens = pass.rows(WORD_TABLE, ({ ids }) => ids); // [N, E]
      const timing = feed.array<tf.Rank.R2>(
        "float32",
        [packedRows(feed.sizes), narrow],
        ({ positions }) => {
          const numbers = new Float32Array(positions.length * narrow);
          for (const [row, t] of positions.entries())
            numbers.set(signal.subarray(t * narrow, (t + 1) * narrow), row * narrow);
          return numbers;
        },
      );
      const sum: tf.Tensor2D = tf.add(tf.mul(tokens, 2), timing);
      return pass.drop(sum, sizes.dropout, "embeddings");
    },
    layer: (pass, layer, input) =>
      preNormLayer(pass, input, {
        prefix: prefix(layer),
        epsilon: sizes.layer_norm_eps,
        widens: inputWidth(layer) !== width,
        dropout: sizes.dropout,
      }),
  };
}
