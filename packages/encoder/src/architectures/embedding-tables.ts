import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import type { PackedBatch } from "../packed-batch.ts";
import { type ParameterSpec, weightAndBias } from "./architecture.ts";
import { namedMaps } from "./named-maps.ts";

/** The kinds of tables there are, `embeddings.<kind>_embeddings.weight`. */
export type EmbeddingTable = "word" | "position" | "token_type";

/** The table of the vocabulary. */
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
 * The first position of a text where positions up to that of padding are left free.
 * @throws {EspalierError} CONFIG_INVALID when none is left behind it
 */
export function positionsAfter(
  padding: number,
  { positions, place }: { readonly positions: number; readonly place: string },
): number {
  if (padding + 1 < positions) return padding + 1;
  throw new EspalierError(
    "CONFIG_INVALID",
    `${place}: max_position_embeddings is ${positions}, expected more than ${padding + 1}: texts start behind pad_token_id ${padding}`,
  );
}

/**
 * Positions that count from `first`. A token of padding inside of a text has the position of padding, `first - 1`, and
 * does not count.
 */
export function textPositions(first: number): LookUp {
  if (first === 0) return LOOK_UPS.position; // no position is left for padding
  const padding = first - 1;
  return [
    "position",
    ({ ids, starts, lengths, positions }) => {
      const shifted = positions.map((position) => position + first);
      for (const [b, length] of lengths.entries()) {
        const start = starts[b] as number;
        let next = first;
        for (let row = start; row < start + length; row++)
          shifted[row] = ids[row] === padding ? padding : next++;
      }
      return shifted;
    },
  ];
}

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
