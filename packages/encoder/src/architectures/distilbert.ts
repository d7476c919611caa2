import { z } from "zod";
import type { Architecture } from "./architecture.ts";
import { activation, parseConfig, positive, rate, UNSUPPORTED_FIELDS } from "./config-fields.ts";
import { LOOK_UPS } from "./embedding-tables.ts";
import { postNormEncoder } from "./post-norm-encoder.ts";
import type { PostNormNames } from "./post-norm-layer.ts";

const schema = z
  .looseObject({
    dim: positive,
    n_layers: positive,
    n_heads: positive,
    hidden_dim: positive,
    vocab_size: positive,
    max_position_embeddings: positive.default(512),
    activation: activation.default("gelu"),
    dropout: rate.default(0.1),
    attention_dropout: rate.default(0.1),
    ...UNSUPPORTED_FIELDS,
  })
  .refine((sizes) => sizes.dim % sizes.n_heads === 0, {
    path: ["dim"],
    message: "can't be divided among n_heads",
  });

/** Of all LayerNorms of DistilBERT; config.json does not name it. */
const EPSILON = 1e-12;

/**
 * DistilBERT (Sanh et al. 2019): BERT with half the layers, without segments and pooler.
 * @param config content of config.json; `place` names it in messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function distilbert(config: unknown, place: string): Architecture {
  const sizes = parseConfig(schema, config, place);
  return postNormEncoder({
    kind: {
      modelType: "distilbert",
      pretrainedClass: "DistilBertModel",
      maxPositions: sizes.max_position_embeddings,
      kept: [],
      ignored: [
        /^(vocab_transform|vocab_layer_norm|vocab_projector)\./,
        /^(pre_classifier|classifier|qa_outputs)\./,
        /^embeddings\.position_ids$/,
      ],
    },
    sizes: {
      width: sizes.dim,
      layers: sizes.n_layers,
      heads: sizes.n_heads,
      feedForward: sizes.hidden_dim,
    },
    tables: { word: sizes.vocab_size, position: sizes.max_position_embeddings },
    lookUps: [LOOK_UPS.word, LOOK_UPS.position],
    names,
    epsilon: EPSILON,
    activation: sizes.activation,
    dropout: {
      embeddings: sizes.dropout,
      probabilities: sizes.attention_dropout,
      attentionOutput: 0, // DistilBERT has none between out_lin and the residual sum
      output: sizes.dropout,
    },
  });
}

function names(layer: number): PostNormNames {
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
}
