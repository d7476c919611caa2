import type { ForwardPass } from "../forward-pass.ts";
import { type Architecture, weightAndBias } from "./architecture.ts";
import { gatedLayer, gatedParameters, maps } from "./gated-layer.ts";
import { localWindow } from "./local-window.ts";
import { readModernBertConfig } from "./modernbert-config.ts";
import { rotaryAngles } from "./rotary-angles.ts";

const WORDS = "embeddings.tok_embeddings.weight";
const EMBEDDING_NORM = "embeddings.norm";
const FINAL_NORM = "final_norm";

/**
 * ModernBERT (Warner et al. 2024): LayerNorm in front of attention and feed-forward and behind the last layer, rotary
 * positions, gated feed-forward, and attention that in most layers sees only near tokens.
 * @param config content of config.json; `place` names it in messages
 * @throws {EspalierError} CONFIG_INVALID
 */
export function modernbert(config: unknown, place: string): Architecture {
  const sizes = readModernBertConfig(config, place);
  const { width, heads, epsilon, biases, dropout } = sizes;
  const last = sizes.layers.length - 1;
  const prefix = (layer: number): string => `layers.${layer}`;
  const angles = keyed((theta) => rotaryAngles(theta, width / heads));
  const windows = keyed(localWindow);
  const norm = (pass: ForwardPass) => maps(pass, { epsilon, biases }).norm;
  return {
    modelType: "modernbert",
    pretrainedClass: "ModernBertModel",
    checkpointPrefix: "model",
    width,
    layerCount: sizes.layers.length,
    heads,
    maxPositions: sizes.positions,
    vocabularySize: sizes.vocabulary,
    wordTable: WORDS,
    parameters: [
      { name: WORDS, shape: [sizes.vocabulary, width], group: "embeddings" },
      ...weightAndBias(EMBEDDING_NORM, [width], { bias: biases.norm, group: "embeddings" }),
      ...sizes.layers.flatMap((_, layer) =>
        gatedParameters(prefix(layer), { ...sizes, layer, normalisesInput: layer > 0 }),
      ),
      ...weightAndBias(FINAL_NORM, [width], { bias: biases.norm, group: "encoder", layer: last }),
    ],
    everyToken: (name) => name === `${prefix(last)}.attn.Wqkv.weight`,
    kept: [],
    ignored: [/^(head|decoder|classifier)\./],
    embed(pass) {
      const words = pass.rows(WORDS, ({ ids }) => ids); // [N, D]
      return pass.drop(norm(pass)(words, EMBEDDING_NORM), dropout.embeddings, "embeddings");
    },
    layer(pass, layer, input) {
      const { theta, reach } = sizes.layers[layer] as (typeof sizes.layers)[number];
      const states = gatedLayer(pass, input, {
        ...sizes,
        prefix: prefix(layer),
        normalisesInput: layer > 0,
        angles: angles(theta)(pass),
        ...(reach === undefined ? {} : { positionBias: windows(reach)(pass, input.rows) }),
      });
      return layer === last ? norm(pass)(states, FINAL_NORM) : states;
    },
  };
}

/** What was made for a key before is made once. */
function keyed<Made>(make: (key: number) => Made): (key: number) => Made {
  const made = new Map<number, Made>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}
