import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type SafetensorsTensor, writeSafetensors } from "@espalier/checkpoint";
import { createRng, type Rng } from "@espalier/core";
import { LAYER_NAMES } from "./layer-names.ts";
import { LETTER_PIECES, WORDS } from "./sentences.ts";
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
const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

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
  await json("tokenizer.json", tokenizer(options.words ?? WORDS));
  await json("tokenizer_config.json", {
    tokenizer_class: "PreTrainedTokenizerFast",
    model_max_length: POSITIONS,
    unk_token: "[UNK]",
    sep_token: "[SEP]",
    pad_token: "[PAD]",
    cls_token: "[CLS]",
    mask_token: "[MASK]",
  });
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
  const bytes = rng.bytes(size * 4).slice();
  const scale = (DEVIATION * Math.sqrt(3)) / 2 ** 31;
  return Float32Array.from(new Int32Array(bytes.buffer, 0, size), (value) => mean + value * scale);
}

function tokenizer(words: readonly string[]): object {
  const vocabulary = [...new Set([...SPECIAL, ...words, ...LETTER_PIECES])];
  const special = (id: string, type = 0): object => ({ SpecialToken: { id, type_id: type } });
  const sequence = (id: string, type = 0): object => ({ Sequence: { id, type_id: type } });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [special("[CLS]"), sequence("A"), special("[SEP]")],
      pair: [
        special("[CLS]"),
        sequence("A"),
        special("[SEP]"),
        sequence("B", 1),
        special("[SEP]", 1),
      ],
      special_tokens: {
        "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
        "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
      },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  };
}
