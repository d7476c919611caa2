import * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import type { PackedBatch } from "../packed-batch.ts";
import { type ParameterSpec, weightAndBias } from "./architecture.ts";
import { namedMaps } from "./named-maps.ts";

/** The kinds of tables there are, `embeddings.<kind>_embeddings.weight`. */
export type EmbeddingTable = "word" | "position" | "token_type";

/** The table of the vocabulary, in every architecture. */
export const WORD_TABLE: string = tableName("word");

const NORM = "embeddings.LayerNorm";

/** What a table is looked up with: int32 `[N]` of a batch. */
export type LookUp = readonly [table: EmbeddingTable, ids: (batch: PackedBatch) => Int32Array];

export const LOOK_UPS: Readonly<Record<EmbeddingTable, LookUp>> = {
  word: ["word", ({ ids }) => ids],
  position: ["position", ({ positions }) => positions],
  token_type: ["token_type", ({ typeIds }) => typeIds],
};

/**
 * The parameters of summed embedding tables with a LayerNorm behind them.
 * @param rows rows of each table, in the order of the network
 */
export function embeddingParameters(
  rows: Readonly<Partial<Record<EmbeddingTable, number>>>,
  width: number,
): ParameterSpec[] {
  return [
    ...Object.entries(rows).map(([kind, count]) => ({
      name: tableName(kind),
      shape: [count, width],
      group: "embeddings" as const,
    })),
    ...weightAndBias(NORM, [width], { group: "embeddings" }),
  ];
}

/**
 * Looks up, adds in the order given, normalises and drops.
 * @returns       float32 `[N, D]`
 */
export function embedTokens(
  pass: ForwardPass,
  lookUps: readonly LookUp[],
  settings: { readonly epsilon: number; readonly dropout: number },
): tf.Tensor2D {
  const sum = lookUps
    .map(([kind, ids]) => pass.rows(tableName(kind), ids))
    .reduce((total, rows) => tf.add(total, rows)); // [N, D]
  const states = namedMaps(pass, settings.epsilon).norm(sum, NORM);
  return pass.drop(states, settings.dropout, "embeddings");
}

function tableName(kind: string): string {
  return `embeddings.${kind}_embeddings.weight`;
}
