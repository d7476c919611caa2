import { z } from "zod";
import {
  activation,
  parseConfig,
  positive,
  rate,
  SIZE_FIELDS,
  UNSUPPORTED_FIELDS,
} from "./config-fields.ts";
import type { PostNormEncoder } from "./post-norm-encoder.ts";

/** What a config.json of BERT or one of its relatives says. */
export interface BertConfig
  extends Pick<PostNormEncoder, "sizes" | "epsilon" | "activation" | "dropout"> {
  readonly vocabulary: number;
  /** Rows of the table of positions. */
  readonly positions: number;
  /** Rows of the table of segments. */
  readonly segments: number;
  /** Undefined where the file does not say. */
  readonly paddingId: number | undefined;
}

const schema = z
  .looseObject({
    ...SIZE_FIELDS,
    max_position_embeddings: positive.default(512),
    type_vocab_size: positive.default(2),
    pad_token_id: z.int().nonnegative().nullish(),
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
 * @param place the file, for messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function readBertConfig(config: unknown, place: string): BertConfig {
  const fields = parseConfig(schema, config, place);
  const { hidden_dropout_prob: dropout } = fields;
  return {
    sizes: {
      width: fields.hidden_size,
      layers: fields.num_hidden_layers,
      heads: fields.num_attention_heads,
      feedForward: fields.intermediate_size,
    },
    vocabulary: fields.vocab_size,
    positions: fields.max_position_embeddings,
    segments: fields.type_vocab_size,
    paddingId: fields.pad_token_id ?? undefined,
    epsilon: fields.layer_norm_eps,
    activation: fields.hidden_act,
    dropout: {
      embeddings: dropout,
      probabilities: fields.attention_probs_dropout_prob,
      attentionOutput: dropout,
      output: dropout,
    },
  };
}
