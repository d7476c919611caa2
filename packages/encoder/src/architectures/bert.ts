import { z } from "zod";
import type { Architecture } from "./architecture.ts";
import { activation, parseConfig, positive, rate, UNSUPPORTED_FIELDS } from "./config-fields.ts";
import { embeddingParameters, embedTokens, LOOK_UPS } from "./embedding-tables.ts";
import {
  isKeyOrValue,
  type PostNormNames,
  postNormLayer,
  postNormParameters,
} from "./post-norm-layer.ts";

const schema = z
  .looseObject({
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
    position_embedding_type: z.literal("absolute").nullish(),
    ...UNSUPPORTED_FIELDS,
  })
  .refine((sizes) => sizes.hidden_size % sizes.num_attention_heads === 0, {
    path: ["hidden_size"],
    message: "can't be divided among num_attention_heads",
  });

/**
 * BERT (Devlin et al. 2018) and the many models of its shape: MiniLM, BGE, E5, GTE.
 * @param config content of config.json; `place` names it in messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function bert(config: unknown, place: string): Architecture {
  const sizes = parseConfig(schema, config, place);
  const width = sizes.hidden_size;
  const epsilon = sizes.layer_norm_eps;
  const tables = {
    word: sizes.vocab_size,
    position: sizes.max_position_embeddings,
    token_type: sizes.type_vocab_size,
  };
  return {
    modelType: "bert",
    pretrainedClass: "BertModel",
    width,
    layerCount: sizes.num_hidden_layers,
    heads: sizes.num_attention_heads,
    maxPositions: sizes.max_position_embeddings,
    vocabularySize: sizes.vocab_size,
    parameters: [
      ...embeddingParameters(tables, width),
      ...Array.from({ length: sizes.num_hidden_layers }, (_, layer) =>
        postNormParameters(names(layer), { width, feedForward: sizes.intermediate_size, layer }),
      ).flat(),
    ],
    everyToken: isKeyOrValue(names(sizes.num_hidden_layers - 1)),
    kept: [/^pooler\./],
    ignored: [/^(cls|classifier|qa_outputs)\./, /^embeddings\.position_ids$/],
    embed(pass) {
      return embedTokens(pass, [LOOK_UPS.word, LOOK_UPS.token_type, LOOK_UPS.position], {
        epsilon,
        dropout: sizes.hidden_dropout_prob,
      });
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

function names(layer: number): PostNormNames {
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
}
