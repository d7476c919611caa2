import { z } from "zod";
import type { Activation } from "./activation.ts";
import {
  activation,
  parseConfig,
  positive,
  rate,
  SIZE_FIELDS,
  UNSUPPORTED_FIELDS,
} from "./config-fields.ts";

/** What a config.json of ModernBERT says. */
export interface ModernBertConfig {
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly epsilon: number;
  readonly activation: Activation;
  /** Which maps have biases. */
  readonly biases: { readonly attention: boolean; readonly mlp: boolean; readonly norm: boolean };
  /** Dropout rates. */
  readonly dropout: {
    readonly embeddings: number;
    readonly attention: number;
    readonly mlp: number;
  };
  /** Of each layer: the base of its rotary angles, and how far it sees if not everything. */
  readonly layers: readonly { readonly theta: number; readonly reach: number | undefined }[];
}

const rope = z.looseObject({
  rope_type: z.literal("default").default("default"),
  rope_theta: z.number().positive(),
});

const schema = z
  .looseObject({
    ...SIZE_FIELDS,
    max_position_embeddings: positive.default(8192),
    norm_eps: z.number().positive().default(1e-5),
    norm_bias: z.boolean().default(false),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    hidden_activation: activation.default("gelu"),
    embedding_dropout: rate.default(0),
    attention_dropout: rate.default(0),
    mlp_dropout: rate.default(0),
    local_attention: positive.default(128),
    layer_types: z.array(z.enum(["full_attention", "sliding_attention"])).nullish(),
    rope_parameters: z.object({ full_attention: rope, sliding_attention: rope }).nullish(),
    rope_scaling: z.null().optional(),
    // As transformers 4 wrote them.
    global_attn_every_n_layers: positive.default(3),
    global_rope_theta: z.number().positive().default(160_000),
    local_rope_theta: z.number().positive().default(10_000),
    ...UNSUPPORTED_FIELDS,
  })
  .refine((sizes) => sizes.hidden_size % (2 * sizes.num_attention_heads) === 0, {
    path: ["hidden_size"],
    message: "can't be divided among num_attention_heads, each an even number",
  })
  .refine(
    (sizes) => (sizes.layer_types?.length ?? sizes.num_hidden_layers) === sizes.num_hidden_layers,
    {
      path: ["layer_types"],
      message: "has not as many entries as num_hidden_layers",
    },
  );

/**
 * @param place the file, for messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function readModernBertConfig(config: unknown, place: string): ModernBertConfig {
  const fields = parseConfig(schema, config, place);
  const every = fields.global_attn_every_n_layers;
  const types =
    fields.layer_types ??
    Array.from({ length: fields.num_hidden_layers }, (_, layer) =>
      layer % every === 0 ? ("full_attention" as const) : ("sliding_attention" as const),
    );
  const theta = {
    full_attention: fields.rope_parameters?.full_attention.rope_theta ?? fields.global_rope_theta,
    sliding_attention:
      fields.rope_parameters?.sliding_attention.rope_theta ?? fields.local_rope_theta,
  };
  return {
    width: fields.hidden_size,
    heads: fields.num_attention_heads,
    feedForward: fields.intermediate_size,
    vocabulary: fields.vocab_size,
    positions: fields.max_position_embeddings,
    epsilon: fields.norm_eps,
    activation: fields.hidden_activation,
    biases: { attention: fields.attention_bias, mlp: fields.mlp_bias, norm: fields.norm_bias },
    dropout: {
      embeddings: fields.embedding_dropout,
      attention: fields.attention_dropout,
      mlp: fields.mlp_dropout,
    },
    layers: types.map((type) => ({
      theta: theta[type],
      reach: type === "sliding_attention" ? Math.floor(fields.local_attention / 2) : undefined,
    })),
  };
}
