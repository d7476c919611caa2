import type { ActiveRows, SentenceTransformer } from "@espalier/encoder";
import * as tf from "@tensorflow/tfjs-core";
import { decayRows } from "./decay-rows.ts";

/**
 * The rows of the word table that a run reads, trained in place of the whole. The other rows have no gradient, so an
 * update can only scale them (`idleFactor`). That is put off until someone asks the encoder for the table, and then done
 * factor by factor, rounded as every update would have: the values are those of training the whole table, bit for bit.
 */
export interface ActiveVocabulary {
  /** What a training step reads instead of the whole table. */
  readonly rows: ActiveRows;
  /** What it updates: the table of `rows`. */
  readonly variable: tf.Variable;
  /** int32 `[A]`, ascending: the token ids they belong to */
  readonly ids: Int32Array;
  /** To be called before a step: takes over values that someone else has given the whole table. */
  refresh(): void;
  /** To be called after an update of the rows. */
  updated(learningRate: number): void;
  /** Brings the whole table up to date and frees the rows. */
  close(): void;
}

/**
 * @param options.ids int32 `[A]`, ascending, each once
 * @param options.idleFactor what an update multiplies a row without a gradient by, from its learning rate
 */
export function openActiveVocabulary(
  { parameters, wordTable }: Pick<SentenceTransformer, "parameters" | "wordTable">,
  options: { readonly ids: Int32Array; readonly idleFactor: (learningRate: number) => number },
): ActiveVocabulary {
  const { ids, idleFactor } = options;
  const { name } = wordTable;
  const whole = parameters.get(name);
  const [rows, width] = whole.shape as [number, number];
  const places = new Int32Array(rows).fill(-1);
  for (const [place, id] of ids.entries()) places[id] = place;
  const table = tf.tidy(() => tf.variable(gatherRows()));
  /** The values of the whole table that `table` belongs to. */
  let known = whole.dataId;
  /** Of the updates that the other rows have not seen yet, in order. */
  let factors: number[] = [];

  return {
    rows: { parameter: name, table: table as unknown as tf.Tensor2D, places },
    variable: table,
    ids,
    refresh() {
      if (whole.dataId === known) return;
      tf.tidy(() => table.assign(gatherRows()));
      known = whole.dataId;
      factors = [];
    },
    updated(learningRate) {
      const factor = idleFactor(learningRate);
      if (factor !== 1) factors.push(factor);
      parameters.defer(name, bringBack);
    },
    close() {
      if (parameters.has(name)) parameters.get(name);
      table.dispose();
    },
  };

  function gatherRows(): tf.Tensor2D {
    return tf.gather(whole as unknown as tf.Tensor2D, tf.tensor1d(ids, "int32"));
  }

  function bringBack(): void {
    // Values that someone else has given the table since count more than what was trained before.
    if (whole.dataId !== known) return;
    const values = whole.dataSync<"float32">().slice();
    decayRows(values, { width, isIdle: (row) => places[row] === -1, factors });
    const trained = table.dataSync<"float32">();
    for (const [place, id] of ids.entries())
      values.set(trained.subarray(place * width, (place + 1) * width), id * width);
    tf.tidy(() => whole.assign(tf.tensor(values, whole.shape)));
    known = whole.dataId;
    factors = [];
  }
}
