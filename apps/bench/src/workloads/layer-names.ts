/** How an architecture names the modules of its layers. */
export interface LayerNames {
  /** In front of the layer's number. */
  readonly prefix: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  /** After the heads. */
  readonly output: string;
  readonly attentionNorm: string;
  /** To the feed-forward width. */
  readonly up: string;
  readonly down: string;
  readonly outputNorm: string;
}

/** By `model_type`. */
export const LAYER_NAMES: Readonly<Record<"bert" | "distilbert", LayerNames>> = {
  bert: {
    prefix: "encoder.layer",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    output: "attention.output.dense",
    attentionNorm: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    outputNorm: "output.LayerNorm",
  },
  distilbert: {
    prefix: "transformer.layer",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    output: "attention.out_lin",
    attentionNorm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    outputNorm: "output_layer_norm",
  },
};
