import { attention, embedding, layerNorm, linear } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import type { ForwardPass } from "../forward-pass.ts";
import { type Architecture, type ParameterSpec, weightAndBias } from "./architecture.ts";
import { parseConfig, positive, rate } from "./config-fields.ts";

const schema = z.strictObject({
  model_type: z.literal("use-lite"),
  vocab_size: positive,
  embedding_size: positive,
  hidden_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  intermediate_size: positive,
  max_position_embeddings: positive,
  dropout: rate,
});

/** Content of config.json. */
export interface UseLiteConfig {
  readonly model_type: "use-lite";
  readonly vocab_size: number;
  /** Width of the embeddings and of the first layer's input. */
  readonly embedding_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly max_position_embeddings: number;
  readonly dropout: number;
}

/** The sizes of the published model. */
export const USE_LITE_CONFIG: UseLiteConfig = {
  model_type: "use-lite",
  vocab_size: 8002,
  embedding_size: 256,
  hidden_size: 512,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 1536,
  max_position_embeddings: 128,
  dropout: 0,
};

const EPSILON = 1e-6;

/**
 * The encoder of Universal Sentence Encoder lite (Cer et al., 2018), read off its published graph: embeddings counted
 * twice plus sinusoidal positions; layers with LayerNorm in front of attention and feed-forward, packed
 * query-key-value maps, ReLU. The first layer is as narrow as the embeddings at its input and widens its residual
 * by a linear map. What follows (mean pooling, a tanh layer, normalisation) are modules of their own.
 * @param config content of config.json; `place` names it in messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function useLite(config: unknown, place: string): Architecture {
  const sizes = parseConfig(schema, config, place);
  return {
    modelType: "use-lite",
    width: sizes.hidden_size,
    layerCount: sizes.num_hidden_layers,
    heads: sizes.num_attention_heads,
    maxPositions: sizes.max_position_embeddings,
    vocabulary: sizes.vocab_size,
    parameters: parameters(sizes),
    ignored: [],
    embed(pass) {
      const table = pass.parameters.get(TABLE) as unknown as tf.Tensor2D;
      const tokens = embedding(table, pass.ids); // [N, E]
      const { positions } = pass.batch;
      const signal = tf.tensor2d(timingSignal(positions, sizes.embedding_size), [
        positions.length,
        sizes.embedding_size,
      ]);
      return pass.drop(tf.add(tf.mul(tokens, 2), signal), sizes.dropout, "embeddings");
    },
    layer(pass, layer, { states }) {
      const at = named(pass, `encoder.layer.${layer}`);
      const residual = layer === 0 ? at.map(states, "residual") : states; // [N, D]
      const qkv = at.map(at.norm(states, "attention_norm"), "attention.qkv");
      const attended = attention(
        { qkv },
        { ...pass.attention, ...pass.dropout(sizes.dropout, `layer.${layer}.probabilities`) },
      );
      const middle = tf.add(residual, at.map(attended, "attention.output")) as tf.Tensor2D;
      const hidden = tf.relu(at.map(at.norm(middle, "ffn_norm"), "ffn.up")); // [N, F]
      const output = pass.drop(at.map(hidden, "ffn.down"), sizes.dropout, `layer.${layer}.ffn`);
      return tf.add(middle, output);
    },
  };
}

const TABLE = "embeddings.word_embeddings.weight";

function parameters(sizes: UseLiteConfig): ParameterSpec[] {
  const { hidden_size: width, embedding_size: narrow, intermediate_size: feedForward } = sizes;
  const layers = Array.from({ length: sizes.num_hidden_layers }, (_, layer) => {
    const prefix = `encoder.layer.${layer}`;
    const place = { group: "encoder", layer } as const;
    const input = layer === 0 ? narrow : width;
    return [
      ...(layer === 0 ? weightAndBias(`${prefix}.residual`, [width, narrow], place) : []),
      ...weightAndBias(`${prefix}.attention_norm`, [input], place),
      ...weightAndBias(`${prefix}.attention.qkv`, [3 * input, input], place),
      ...weightAndBias(`${prefix}.attention.output`, [width, input], place),
      ...weightAndBias(`${prefix}.ffn_norm`, [width], place),
      ...weightAndBias(`${prefix}.ffn.up`, [feedForward, width], place),
      ...weightAndBias(`${prefix}.ffn.down`, [width, feedForward], place),
    ];
  });
  return [
    { name: TABLE, shape: [sizes.vocab_size, narrow], group: "embeddings" },
    ...layers.flat(),
  ];
}

interface Named {
  map(x: tf.Tensor2D, name: string): tf.Tensor2D;
  norm(x: tf.Tensor2D, name: string): tf.Tensor2D;
}

function named({ parameters }: ForwardPass, prefix: string): Named {
  const weight = (name: string) => parameters.get(`${prefix}.${name}.weight`) as unknown;
  const bias = (name: string) => parameters.get(`${prefix}.${name}.bias`) as unknown as tf.Tensor1D;
  return {
    map: (x, name) => linear(x, weight(name) as tf.Tensor2D, bias(name)),
    norm: (x, name) => layerNorm(x, weight(name) as tf.Tensor1D, bias(name), EPSILON),
  };
}

/**
 * `[sin(t · f₀) … | cos(t · f₀) …]` with frequencies falling geometrically from 1 to 1/10,000
 * (tensor2tensor's timing signal).
 */
function timingSignal(positions: Int32Array, width: number): Float32Array {
  const half = width / 2;
  const signal = new Float32Array(positions.length * width);
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp((-i * Math.log(10_000)) / (half - 1)),
  );
  for (const [row, t] of positions.entries())
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(t * (frequencies[i] as number));
      signal[row * width + i] = Math.sin(angle);
      signal[row * width + half + i] = Math.cos(angle);
    }
  return signal;
}
