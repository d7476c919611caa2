import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type SafetensorsTensor, writeSafetensors } from "@espalier/checkpoint";
import { createRng, type Rng } from "@espalier/core";
import { LAYER_NAMES } from "./layer-names.ts";
import { WORDS } from "./sentences.ts";
import { tokenizerFiles } from "./tokenizer-files.ts";
import type { TrunkShape } from "./trunk-shape.ts";

/** The usual tasks of a benchmark model and their numbers of classes. */
const TASKS: readonly (readonly [task: string, classes: number])[] = [
  ["domain", 3],
  ["sentiment", 2],
];
const FURTHER_CLASSES = 3;

/** The tasks of a model of this shape and their numbers of classes. */
export function tasksOf({ tasks = TASKS.length }: TrunkShape): Record<string, number> {
  return Object.fromEntries(
    Array.from({ length: tasks }, (_, i) => TASKS[i] ?? [`task${i + 1}`, FURTHER_CLASSES]),
  );
}

const POSITIONS = 512;

export interface ModelOptions {
  /** Rate of every dropout. Default 0. */
  readonly dropout?: number;
  /** Default 1. */
  readonly seed?: number;
  /** What the tokenizer knows as one token each; anything else it spells. Default `WORDS`. */
  readonly words?: readonly string[];
}

/**
 * Writes a Hugging Face model directory with random weights: config.json, model.safetensors, a word tokenizer, and
 * heads.safetensors with `heads.<task>.{weight,bias}`. All programs of a comparison read the same directory.
 */
export async function writeModel(
  directory: string,
  shape: TrunkShape,
  options: ModelOptions = {},
): Promise<void> {
  const rng = createRng(options.seed ?? 1);
  await mkdir(directory, { recursive: true });
  const json = (name: string, value: unknown): Promise<void> =>
    writeFile(join(directory, name), `${JSON.stringify(value, null, 2)}\n`);
  await json("config.json", config(shape, options.dropout ?? 0));
  const { words = WORDS } = options;
  for (const [name, value] of Object.entries(tokenizerFiles(words, POSITIONS)))
    await json(name, value);
  await writeSafetensors(join(directory, "model.safetensors"), {
    tensors: tensors(trunkTensors(shape), rng),
  });
  await writeSafetensors(join(directory, "heads.safetensors"), {
    tensors: tensors(headTensors(shape), rng),
  });
}

type Shapes = Readonly<Record<string, readonly number[]>>;

function config(shape: TrunkShape, dropout: number): object {
  const { architecture, layers, width, heads, feedForward, vocabulary } = shape;
  if (architecture === "distilbert")
    return {
      model_type: "distilbert",
      architectures: ["DistilBertModel"],
      activation: "gelu",
      dim: width,
      n_layers: layers,
      n_heads: heads,
      hidden_dim: feedForward,
      vocab_size: vocabulary,
      max_position_embeddings: POSITIONS,
      dropout,
      attention_dropout: dropout,
      pad_token_id: 0,
    };
  return {
    model_type: "bert",
    architectures: ["BertModel"],
    hidden_act: "gelu",
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: feedForward,
    vocab_size: vocabulary,
    max_position_embeddings: POSITIONS,
    type_vocab_size: 2,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
    layer_norm_eps: 1e-12,
    pad_token_id: 0,
  };
}

function trunkTensors(shape: TrunkShape): Shapes {
  const { architecture, layers, width, feedForward, vocabulary } = shape;
  const found: Record<string, readonly number[]> = {
    "embeddings.word_embeddings.weight": [vocabulary, width],
    "embeddings.position_embeddings.weight": [POSITIONS, width],
    ...(architecture === "bert" ? { "embeddings.token_type_embeddings.weight": [2, width] } : {}),
  };
  const pair = (name: string, size: readonly number[]): void => {
    found[`${name}.weight`] = size;
    found[`${name}.bias`] = [size[0] as number];
  };
  pair("embeddings.LayerNorm", [width]);
  const names = LAYER_NAMES[architecture];
  for (let layer = 0; layer < layers; layer++) {
    const at = (name: string): string => `${names.prefix}.${layer}.${name}`;
    for (const name of [names.query, names.key, names.value, names.output])
      pair(at(name), [width, width]);
    for (const name of [names.attentionNorm, names.outputNorm]) pair(at(name), [width]);
    pair(at(names.up), [feedForward, width]);
    pair(at(names.down), [width, feedForward]);
  }
  return found;
}

function headTensors(shape: TrunkShape): Shapes {
  const { width } = shape;
  return Object.fromEntries(
    Object.entries(tasksOf(shape)).flatMap(([task, classes]) => [
      [`heads.${task}.weight`, [classes, width]],
      [`heads.${task}.bias`, [classes]],
    ]),
  );
}

const DEVIATION = 0.02; // of BERT's initialisation

function tensors(shapes: Shapes, rng: Rng): Map<string, SafetensorsTensor> {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const isGain = /norm\.weight$/i.test(name);
      return [name, { dtype: "F32", shape, data: uniform(shape, rng.fork(name), isGain ? 1 : 0) }];
    }),
  );
}

/** Uniform values around `mean` of the usual deviation: normal ones would take seconds for 66 M parameters. */
function uniform(shape: readonly number[], rng: Rng, mean: number): Float32Array<ArrayBuffer> {
  const size = shape.reduce((product, axis) => product * axis, 1);
  const integers = new Int32Array(rng.bytes(size * 4).slice().buffer, 0, size);
  const scale = (DEVIATION * Math.sqrt(3)) / 2 ** 31;
  const values = new Float32Array(size);
  // Not `Float32Array.from`, which takes ten times as long.
  for (let i = 0; i < size; i++) values[i] = mean + (integers[i] as number) * scale;
  return values;
}
