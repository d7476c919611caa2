import type { Architecture } from "./architecture.ts";
import { type BertConfig, readBertConfig } from "./bert-config.ts";
import { LOOK_UPS, positionsAfter, textPositions } from "./embedding-tables.ts";
import { type PostNormEncoder, postNormEncoder } from "./post-norm-encoder.ts";
import type { PostNormNames } from "./post-norm-layer.ts";

/**
 * BERT (Devlin et al. 2018) and the many models of its shape: MiniLM, BGE, E5, GTE.
 * @param config content of config.json; `place` names it in messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function bert(config: unknown, place: string): Architecture {
  const kind = { modelType: "bert", pretrainedClass: "BertModel" };
  return bertLike(kind, readBertConfig(config, place), 0);
}

/**
 * RoBERTa (Liu et al. 2019): texts start at the position behind that of padding.
 * @throws {EspalierError} CONFIG_INVALID
 */
export function roberta(config: unknown, place: string): Architecture {
  return robertaLike({ modelType: "roberta", pretrainedClass: "RobertaModel" }, config, place);
}

/** XLM-RoBERTa (Conneau et al. 2019): the network of RoBERTa. @throws {EspalierError} CONFIG_INVALID */
export function xlmRoberta(config: unknown, place: string): Architecture {
  const kind = { modelType: "xlm-roberta", pretrainedClass: "XLMRobertaModel" };
  return robertaLike(kind, config, place);
}

type Kind = Pick<PostNormEncoder["kind"], "modelType" | "pretrainedClass" | "checkpointPrefix">;

function robertaLike(kind: Kind, config: unknown, place: string): Architecture {
  const read = readBertConfig(config, place);
  const { paddingId = 1, positions } = read;
  const first = positionsAfter(paddingId, { positions, place });
  return bertLike({ ...kind, checkpointPrefix: "roberta" }, read, first);
}

/** @param first position of a text's first token */
function bertLike(kind: Kind, config: BertConfig, first: number): Architecture {
  const { vocabulary, positions, segments, paddingId: _, ...rest } = config;
  return postNormEncoder({
    kind: {
      ...kind,
      maxPositions: positions - first,
      kept: [/^pooler\./],
      ignored: [/^(cls|lm_head|classifier|qa_outputs)\./, /^embeddings\.position_ids$/],
    },
    ...rest,
    tables: { word: vocabulary, position: positions, token_type: segments },
    lookUps: [LOOK_UPS.word, LOOK_UPS.token_type, textPositions(first)],
    names,
  });
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
