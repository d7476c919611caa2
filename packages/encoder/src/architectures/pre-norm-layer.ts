import { attention } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import { selectRows } from "../select-rows.ts";
import { type LayerInput, type ParameterSpec, weightAndBias } from "./architecture.ts";
import { namedMaps } from "./named-maps.ts";

export interface PreNormSettings {
  /** In front of every parameter's name, `encoder.layer.0`. */
  readonly prefix: string;
  readonly epsilon: number;
  /** True where the layer's input is narrower than its output: the residual goes through a linear map. */
  readonly widens: boolean;
  /** One rate for all three sites. */
  readonly dropout: number;
}

/**
 * A transformer layer with LayerNorm in front of attention and feed-forward (tensor2tensor's), queries, keys and
 * values from one linear map, ReLU.
 * @returns float32 `[N, D]`, or `[B, D]` with `rows`
 */
export function preNormLayer(
  pass: ForwardPass,
  { states, rows }: LayerInput,
  { prefix, epsilon, widens, dropout }: PreNormSettings,
): tf.Tensor2D {
  const { linear, norm } = namedMaps(pass, epsilon);
  const dropped = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
    pass.drop(linear(x, `${prefix}.${name}`), dropout, `${prefix}.${name}`);
  const residual = widens ? linear(states, `${prefix}.residual`) : states; // [N, D]
  const qkv = linear(norm(states, `${prefix}.attention_norm`), `${prefix}.attention.qkv`);
  const attended = attention(
    { qkv },
    { ...pass.attention, ...pass.dropout(dropout, `${prefix}.attention.probabilities`) },
  );
  const middle: tf.Tensor2D = tf.add(residual, dropped(attended, "attention.output"));
  const hidden = tf.relu(linear(norm(middle, `${prefix}.ffn_norm`), `${prefix}.ffn.up`)); // [N, F]
  const output: tf.Tensor2D = tf.add(middle, dropped(hidden, "ffn.down"));
  return rows === undefined ? output : selectRows(rows.weights, output);
}

/** The parameters of such a layer. */
export function preNormParameters(
  prefix: string,
  sizes: { input: number; width: number; feedForward: number; layer: number },
): ParameterSpec[] {
  const { input, width, feedForward, layer } = sizes;
  const place = { group: "encoder", layer } as const;
  return [
    ...(input === width ? [] : weightAndBias(`${prefix}.residual`, [width, input], place)),
    ...weightAndBias(`${prefix}.attention_norm`, [input], place),
    ...weightAndBias(`${prefix}.attention.qkv`, [3 * input, input], place),
    ...weightAndBias(`${prefix}.attention.output`, [width, input], place),
    ...weightAndBias(`${prefix}.ffn_norm`, [width], place),
    ...weightAndBias(`${prefix}.ffn.up`, [feedForward, width], place),
    ...weightAndBias(`${prefix}.ffn.down`, [width, feedForward], place),
  ];
}
