import { embedding, layerNorm } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { type Architecture, weightAndBias } from "./architecture.ts";
import { activation, parseConfig, positive, rate } from "./config-fields.ts";
import { postNormLayer, postNormParameters } from "./post-norm-layer.ts";

const schema = z.looseObject({
  hidden_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  intermediate_size: positive,
  vocab_size: positive,
  max_position_embeddings: positive.default(512),
  type_vocab_size: positive.default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: activation.default("gelu"),
  hidden_dropout_prob: rate.default(0.1),
  attention_probs_dropout_prob: rate.default(0.1),
  // What would change the numbers and is not implemented has to be at its default.
  position_embedding_type: z.literal("absolute").nullish(),
  is_decoder: z.literal(false).nullish(),
  add_cross_attention: z.literal(false).nullish(),
});

/**
 * BERT (Devlin et al., 2018) and the many models of its shape: MiniLM, BGE, E5, GTE.
 * @param config content of config.json; `place` names it in messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function bert(config: unknown, place: string): Architecture {
  const sizes = parseConfig(schema, config, place);
  const width = sizes.hidden_size;
  const epsilon = sizes.layer_norm_eps;
  const place0 = { group: "embeddings" } as const;
  const names = (layer: number) => {
    const prefix = `encoder.layer.${layer}`;
    return {
      query: `${prefix}.attention.self.query`,
      key: `${prefix}.attention.self.key`,
      value: `${prefix}.attention.self.value`,
      attentionOutput: `${prefix}.attention.output.dense`,
      attentionNorm: `${prefix}.attention.output.LayerNorm`,
      up: `${prefix}.intermediate.dense`,
      down: `${prefix}.output.dense`,
      outputNorm: `${prefix}.output.LayerNorm`,
    };
  };
  return {
    modelType: "bert",
    width,
    layerCount: sizes.num_hidden_layers,
    heads: sizes.num_attention_heads,
    maxPositions: sizes.max_position_embeddings,
    vocabulary: sizes.vocab_size,
    parameters: [
      { name: "embeddings.word_embeddings.weight", shape: [sizes.vocab_size, width], ...place0 },
      {
        name: "embeddings.position_embeddings.weight",
        shape: [sizes.max_position_embeddings, width],
        ...place0,
      },
      {
        name: "embeddings.token_type_embeddings.weight",
        shape: [sizes.type_vocab_size, width],
        ...place0,
      },
      ...weightAndBias("embeddings.LayerNorm", [width], place0),
      ...Array.from({ length: sizes.num_hidden_layers }, (_, layer) =>
        postNormParameters(names(layer), { width, feedForward: sizes.intermediate_size, layer }),
      ).flat(),
    ],
    ignored: [/^pooler\./, /^cls\./, /^(classifier|qa_outputs)\./, /^embeddings\.position_ids$/],
    embed(pass) {
      const { parameters } = pass;
      const table = (name: string) =>
        parameters.get(`embeddings.${name}_embeddings.weight`) as unknown as tf.Tensor2D;
      const sum = tf.add(
        tf.add(embedding(table("word"), pass.ids), embedding(table("token_type"), pass.typeIds)),
        embedding(table("position"), pass.positions),
      ) as tf.Tensor2D;
      const normalised = layerNorm(
        sum,
        parameters.get("embeddings.LayerNorm.weight") as unknown as tf.Tensor1D,
        parameters.get("embeddings.LayerNorm.bias") as unknown as tf.Tensor1D,
        epsilon,
      );
      return pass.drop(normalised, sizes.hidden_dropout_prob, "embeddings");
    },
    layer: (pass, layer, input) =>
      postNormLayer(pass, input, {
        names: names(layer),
        epsilon,
        activation: sizes.hidden_act,
        dropout: {
          probabilities: sizes.attention_probs_dropout_prob,
          attentionOutput: sizes.hidden_dropout_prob,
          output: sizes.hidden_dropout_prob,
        },
      }),
  };
}
