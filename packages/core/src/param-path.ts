/** The part of a network a parameter belongs to. */
export type ParamGroup = "embeddings" | "encoder" | "pooler" | "head";

/** Where a parameter sits; what freeze policies and learning-rate rules match on. */
export interface ParamPath {
  /**
   * The full name. Trunk parameters carry their Hugging Face state-dict name
   * (`transformer.layer.0.attention.q_lin.weight`), heads `heads.<task>.<parameter>`.
   */
  readonly name: string;
  /** `pooler` is whatever lies between the last layer and the sentence vector (Dense, LayerNorm). */
  readonly group: ParamGroup;
  /** Index of the transformer layer, 0 = lowest; only in group `encoder`. */
  readonly layer?: number;
  /** Name of the task; only in group `head`. */
  readonly task?: string;
}
