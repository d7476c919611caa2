import { embedding, layerNorm } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { type Architecture, weightAndBias } from "./architecture.ts";
import { activation, parseConfig, positive, rate } from "./config-fields.ts";
import { postNormLayer, postNormParameters } from "./post-norm-layer.ts";

const schema = z.looseObject({
  dim: positive,
  n_layers: positive,
  n_heads: positive,
  hidden_dim: positive,
  vocab_size: positive,
  max_position_embeddings: positive.default(512),
  activation: activation.default("gelu"),
  dropout: rate.default(0.1),
  attention_dropout: rate.default(0.1),
});

/** torch's LayerNorms of DistilBERT; the config does not name it. */
const EPSILON = 1e-12;

/**
 * DistilBERT (Sanh et al., 2019): BERT without segments, with half the layers.
 * @param config content of config.json; `place` names it in messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function distilbert(config: unknown, place: string): Architecture {
  const sizes = parseConfig(schema, config, place);
  const width = sizes.dim;
  const place0 = { group: "embeddings" } as const;
  const names = (layer: number) => {
    const prefix = `transformer.layer.${layer}`;
    return {
      query: `${prefix}.attention.q_lin`,
      key: `${prefix}.attention.k_lin`,
      value: `${prefix}.attention.v_lin`,
      attentionOutput: `${prefix}.attention.out_lin`,
      attentionNorm: `${prefix}.sa_layer_norm`,
      up: `${prefix}.ffn.lin1`,
      down: `${prefix}.ffn.lin2`,
      outputNorm: `${prefix}.output_layer_norm`,
    };
  };
  return {
    modelType: "distilbert",
    width,
    layerCount: sizes.n_layers,
    heads: sizes.n_heads,
    maxPositions: sizes.max_position_embeddings,
    vocabulary: sizes.vocab_size,
    parameters: [
      { name: "embeddings.word_embeddings.weight", shape: [sizes.vocab_size, width], ...place0 },
      {
        name: "embeddings.position_embeddings.weight",
        shape: [sizes.max_position_embeddings, width],
        ...place0,
      },
      ...weightAndBias("embeddings.LayerNorm", [width], place0),
      ...Array.from({ length: sizes.n_layers }, (_, layer) =>
        postNormParameters(names(layer), { width, feedForward: sizes.hidden_dim, layer }),
      ).flat(),
    ],
    ignored: [
      /^vocab_(transform|layer_norm|projector)\./,
      /^(pre_classifier|classifier|qa_outputs)\./,
      /^embeddings\.position_ids$/,
    ],
    embed(pass) {
      const { parameters } = pass;
      const table = (name: string) =>
        parameters.get(`embeddings.${name}.weight`) as unknown as tf.Tensor2D;
      const sum = tf.add(
        embedding(table("word_embeddings"), pass.ids),
        embedding(table("position_embeddings"), pass.positions),
      ) as tf.Tensor2D;
      const normalised = layerNorm(
        sum,
        parameters.get("embeddings.LayerNorm.weight") as unknown as tf.Tensor1D,
        parameters.get("embeddings.LayerNorm.bias") as unknown as tf.Tensor1D,
        EPSILON,
      );
      return pass.drop(normalised, sizes.dropout, "embeddings");
    },
    layer: (pass, layer, input) =>
      postNormLayer(pass, input, {
        names: names(layer),
        epsilon: EPSILON,
        activation: sizes.activation,
        dropout: {
          probabilities: sizes.attention_dropout,
          attentionOutput: 0,
          output: sizes.dropout,
        },
      }),
  };
}
