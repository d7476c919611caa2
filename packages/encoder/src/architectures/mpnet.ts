import { z } from "zod";
import type { Architecture } from "./architecture.ts";
import { readBertConfig } from "./bert-config.ts";
import { parseConfig } from "./config-fields.ts";
import { LOOK_UPS, positionsAfter, textPositions } from "./embedding-tables.ts";
import { postNormEncoder } from "./post-norm-encoder.ts";
import type { PostNormNames } from "./post-norm-layer.ts";

/** transformers computes with 32 buckets whatever the file says, and with padding 1. */
const BUCKETS = 32;
const PADDING = 1;
const schema = z.looseObject({
  relative_attention_num_buckets: z.literal(BUCKETS).default(BUCKETS),
});

/**
 * MPNet (Song et al. 2020): the layers of BERT with a bias by distance in attention, without segments.
 * @param config content of config.json; `place` names it in messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function mpnet(config: unknown, place: string): Architecture {
  parseConfig(schema, config, place);
  const { vocabulary, positions, segments, paddingId, ...rest } = readBertConfig(config, place);
  const first = positionsAfter(PADDING, { positions, place });
  return postNormEncoder({
    kind: {
      modelType: "mpnet",
      pretrainedClass: "MPNetModel",
      maxPositions: positions - first,
      kept: [/^pooler\./],
      ignored: [/^(lm_head|classifier|qa_outputs)\./, /^embeddings\.position_ids$/],
    },
    ...rest,
    tables: { word: vocabulary, position: positions },
    lookUps: [LOOK_UPS.word, textPositions(first)],
    relative: {
      table: "encoder.relative_attention_bias.weight",
      buckets: BUCKETS,
      maxDistance: 128,
    },
    names,
  });
}

function names(layer: number): PostNormNames {
  const prefix = `encoder.layer.${layer}`;
  return {
    query: `${prefix}.attention.attn.q`,
    key: `${prefix}.attention.attn.k`,
    value: `${prefix}.attention.attn.v`,
    attentionOutput: `${prefix}.attention.attn.o`,
    attentionNorm: `${prefix}.attention.LayerNorm`,
    up: `${prefix}.intermediate.dense`,
    down: `${prefix}.output.dense`,
    outputNorm: `${prefix}.output.LayerNorm`,
  };
}
