import type { ParamGroup } from "@espalier/core";

/** What a rule applies to; every given field has to match, so `{}` matches everything. */
export interface ParamMatch {
  readonly group?: ParamGroup | readonly ParamGroup[];
  /** Name of a task: its head. */
  readonly task?: string;
  /** One transformer layer, 0 = lowest. */
  readonly layer?: number;
  /** The embeddings and all layers below this one, from 0 (the embeddings alone) to the number of layers. */
  readonly layersBelow?: number;
  /** A regular expression that has to match somewhere in the parameter's full name. */
  readonly name?: string;
}

/**
 * The learning rate's factor falls by `layerwiseDecay` with every layer away from the heads: it is
 * `layerwiseDecay ** (L + 1 - depth)`. Embeddings have depth 0, layer k has k + 1, the pooler L, heads L + 1.
 */
export interface LayerwiseDecay {
  /** In `(0, 1]`. */
  readonly layerwiseDecay: number;
}

/** One line of a policy. It says whether parameters train, at which rate, or both. */
export interface FreezeRule {
  readonly match: ParamMatch;
  /** Left out: the rule changes the rate only and leaves to earlier rules whether the parameter trains. */
  readonly trainable?: boolean;
  /** Factor of the learning rate, above 0. Left out: 1 in a rule that says `trainable`. */
  readonly lrScale?: number | LayerwiseDecay;
}

/**
 * Which parameters train: an ordered list of rules, plain data that can be saved. The last rule that matches a
 * parameter decides; a parameter that no rule matches trains with factor 1.
 */
export interface FreezePolicy {
  /** Shown in plans and progress lines. */
  readonly name: string;
  readonly rules: readonly FreezeRule[];
}
