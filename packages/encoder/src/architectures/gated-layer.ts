import { attention, layerNorm, linear, type RotaryAngles, rotatePositions } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import { selectRows } from "../select-rows.ts";
import { activate } from "./activation.ts";
import { type LayerInput, type ParameterSpec, weightAndBias } from "./architecture.ts";
import type { ModernBertConfig } from "./modernbert-config.ts";

type LayerSizes = Pick<ModernBertConfig, "width" | "feedForward" | "biases">;

export interface GatedSettings
  extends Pick<ModernBertConfig, "epsilon" | "activation" | "biases" | "dropout" | "heads"> {
  /** In front of every parameter's name, `layers.0`. */
  readonly prefix: string;
  /** False where the input has been normalised already. */
  readonly normalisesInput: boolean;
  readonly angles: Omit<RotaryAngles, "heads">;
  /** Added to the scores of attention, see `AttentionOptions`; none by default. */
  readonly positionBias?: tf.Tensor4D;
}

/**
 * A transformer layer with LayerNorm in front of attention and feed-forward, queries, keys and values from one linear
 * map, the first two turned by their positions, and a feed-forward whose hidden states are gated (Shazeer 2020).
 * @returns float32 `[N, D]`, or `[B, D]` with `rows`
 */
export function gatedLayer(
  pass: ForwardPass,
  { states, rows }: LayerInput,
  settings: GatedSettings,
): tf.Tensor2D {
  const { prefix, heads, angles, dropout } = settings;
  const { attentionMap, feedForwardMap, norm } = maps(pass, settings);
  const chosen = (x: tf.Tensor2D): tf.Tensor2D =>
    rows === undefined ? x : selectRows(rows.weights, x); // [N, D] or [B, D]
  const input = settings.normalisesInput ? norm(states, `${prefix}.attn_norm`) : states;
  const [q, k, v] = tf.split(attentionMap(input, `${prefix}.attn.Wqkv`), 3, 1) as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const turned = (x: tf.Tensor2D): tf.Tensor2D => rotatePositions(x, { ...angles, heads });
  const attended = attention(
    { q: chosen(turned(q)), k: turned(k), v },
    {
      ...pass.attention,
      ...pass.dropout(dropout.attention, `${prefix}.attn.probabilities`),
      ...(settings.positionBias === undefined ? {} : { positionBias: settings.positionBias }),
      queries: rows === undefined ? "tokens" : "texts",
    },
  );
  const projected = attentionMap(attended, `${prefix}.attn.Wo`);
  const middle: tf.Tensor2D = tf.add(
    chosen(states),
    pass.drop(projected, dropout.attention, `${prefix}.attn.Wo`),
  );
  const both = feedForwardMap(norm(middle, `${prefix}.mlp_norm`), `${prefix}.mlp.Wi`); // [·, 2F]
  const [hidden, gate] = tf.split(both, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
  const gated: tf.Tensor2D = tf.mul(activate(hidden, settings.activation), gate);
  const dropped = pass.drop(gated, dropout.mlp, `${prefix}.mlp`);
  return tf.add(middle, feedForwardMap(dropped, `${prefix}.mlp.Wo`));
}

/** The parameters of such a layer. */
export function gatedParameters(
  prefix: string,
  sizes: LayerSizes & { readonly layer: number; readonly normalisesInput: boolean },
): ParameterSpec[] {
  const { width, feedForward, biases, layer } = sizes;
  const of = (name: string, shape: readonly number[], bias: boolean): ParameterSpec[] =>
    weightAndBias(`${prefix}.${name}`, shape, { bias, group: "encoder", layer });
  return [
    ...(sizes.normalisesInput ? of("attn_norm", [width], biases.norm) : []),
    ...of("attn.Wqkv", [3 * width, width], biases.attention),
    ...of("attn.Wo", [width, width], biases.attention),
    ...of("mlp_norm", [width], biases.norm),
    ...of("mlp.Wi", [2 * feedForward, width], biases.mlp),
    ...of("mlp.Wo", [width, feedForward], biases.mlp),
  ];
}

/** Linear maps and LayerNorms by the name of their parameters, with the biases that there are. */
export function maps(
  pass: ForwardPass,
  { epsilon, biases }: Pick<ModernBertConfig, "epsilon" | "biases">,
): Record<
  "attentionMap" | "feedForwardMap" | "norm",
  (x: tf.Tensor2D, name: string) => tf.Tensor2D
> {
  const map =
    (hasBias: boolean) =>
    (x: tf.Tensor2D, name: string): tf.Tensor2D =>
      linear(x, pass.matrix(`${name}.weight`), hasBias ? pass.vector(`${name}.bias`) : undefined);
  return {
    attentionMap: map(biases.attention),
    feedForwardMap: map(biases.mlp),
    norm(x, name) {
      const bias = biases.norm ? pass.vector(`${name}.bias`) : tf.fill<tf.Rank.R1>([x.shape[1]], 0);
      return layerNorm(x, pass.vector(`${name}.weight`), bias, epsilon);
    },
  };
}
