import { attention } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import { selectRows } from "../select-rows.ts";
import type { Activation } from "./activation.ts";
import { type LayerInput, type ParameterSpec, weightAndBias } from "./architecture.ts";
import { namedMaps } from "./named-maps.ts";

/** Names of a layer's parameters, without `.weight` and `.bias`. */
export interface PostNormNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly up: string;
  readonly down: string;
  readonly outputNorm: string;
}

export interface PostNormSettings {
  readonly names: PostNormNames;
  readonly epsilon: number;
  readonly activation: Activation;
  /** Dropout rates. */
  readonly dropout: {
    readonly probabilities: number;
    readonly attentionOutput: number;
    readonly output: number;
  };
  /** Added to the scores of attention, see `AttentionOptions`; none by default. */
  readonly positionBias?: tf.Tensor4D;
}

/**
 * A transformer layer with LayerNorm after each residual sum (Vaswani et al. 2017), as BERT and its
 * relatives have it: attention, add, normalise, feed-forward, add, normalise.
 * @returns float32 `[N, D]`, or `[B, D]` with `rows`
 */
export function postNormLayer(
  pass: ForwardPass,
  { states, rows }: LayerInput,
  settings: PostNormSettings,
): tf.Tensor2D {
  const { names, dropout } = settings;
  const { linear, activated, keys, norm } = namedMaps(pass, settings.epsilon);
  const asking = rows === undefined ? states : selectRows(rows.weights, states); // [N, D] or [B, D]
  const attended = attention(
    {
      q: linear(asking, names.query),
      k: keys(states, names.key),
      v: linear(states, names.value),
    },
    {
      ...pass.attention,
      ...pass.dropout(dropout.probabilities, `${names.query}.probabilities`),
      ...(settings.positionBias === undefined ? {} : { positionBias: settings.positionBias }),
      queries: rows === undefined ? "tokens" : "texts",
    },
  );
  const projected = pass.drop(
    linear(attended, names.attentionOutput),
    dropout.attentionOutput,
    names.attentionOutput,
  );
  const middle = norm(tf.add(asking, projected), names.attentionNorm);
  const hidden = activated(middle, names.up, settings.activation); // [·, F]
  const output = pass.drop(linear(hidden, names.down), dropout.output, names.down);
  return norm(tf.add(middle, output), names.outputNorm);
}

/** The parameters of such a layer. */
export function postNormParameters(
  names: PostNormNames,
  sizes: { readonly width: number; readonly feedForward: number; readonly layer: number },
): ParameterSpec[] {
  const { width, feedForward, layer } = sizes;
  const place = { group: "encoder", layer } as const;
  return [
    ...weightAndBias(names.query, [width, width], place),
    ...weightAndBias(names.key, [width, width], place),
    ...weightAndBias(names.value, [width, width], place),
    ...weightAndBias(names.attentionOutput, [width, width], place),
    ...weightAndBias(names.attentionNorm, [width], place),
    ...weightAndBias(names.up, [feedForward, width], place),
    ...weightAndBias(names.down, [width, feedForward], place),
    ...weightAndBias(names.outputNorm, [width], place),
  ];
}

/** Of the matrices of such a layer, what is applied to all tokens even with `rows`. */
export function isKeyOrValue({ key, value }: PostNormNames): (name: string) => boolean {
  const every = [key, value].map((name) => `${name}.weight`);
  return (name) => every.includes(name);
}
