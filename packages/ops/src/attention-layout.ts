import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionOptions } from "./attention.ts";
import { reshaped } from "./reshaped.ts";
import { expectDtype, expectShape } from "./shape-check.ts";

/** How rows become the slots of attention and come back. Without an index, rows are slots. */
export interface AttentionLayout {
  /** d */
  readonly perHead: number;
  /** Elements of the scores. */
  readonly scores: number;
  /** `[N, D]` → `[B, H, T, d]` */
  toHeads(rows: tf.Tensor2D, gather: tf.Tensor1D | undefined): tf.Tensor4D;
  /** `[B, H, T, d]` → `[N, D]` */
  toRows(slots: tf.Tensor, scatter: tf.Tensor1D | undefined): tf.Tensor2D;
  /** The same for queries, which may be one a text. */
  toQueries(rows: tf.Tensor2D, gather: tf.Tensor1D | undefined): tf.Tensor4D;
  fromQueries(slots: tf.Tensor, scatter: tf.Tensor1D | undefined): tf.Tensor2D;
}

/** @throws {EspalierError} SHAPE_MISMATCH when states, index and bias do not fit */
export function attentionLayout(
  { q, k, v }: { q: tf.Tensor2D; k: tf.Tensor2D; v: tf.Tensor2D },
  options: AttentionOptions,
): AttentionLayout {
  const { heads, batch, lengthTokens, positionBias } = options;
  const [rows, width] = k.shape;
  const perHead = width / heads;
  if (!Number.isInteger(perHead)) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `attention: ${width} columns can't be divided among ${heads} heads`,
    );
  }
  const oneQuery = options.queries === "texts";
  expectShape("attention: q", q, [oneQuery ? batch : rows, width]);
  expectShape("attention: v", v, [rows, width]);
  expectSlots(options, rows);
  const queryLength = oneQuery ? 1 : lengthTokens;
  if (positionBias !== undefined) {
    const full = [batch, heads, queryLength, lengthTokens];
    const expected = full.map((size, axis) => (positionBias.shape[axis] === 1 ? 1 : size));
    expectShape("attention: positionBias", positionBias, [...expected.slice(0, 3), lengthTokens]);
  }
  const toHeads: AttentionLayout["toHeads"] = (x, index) =>
    index === undefined
      ? tf.transpose(reshaped(x, [batch, lengthTokens, heads, perHead]), [0, 2, 1, 3])
      : reshaped(tf.gather(reshaped(x, [rows * heads, perHead]), index), [
          batch,
          heads,
          lengthTokens,
          perHead,
        ]);
  const toRows: AttentionLayout["toRows"] = (x, index) => {
    const byRow =
      index === undefined
        ? tf.transpose(x, [0, 2, 1, 3])
        : tf.gather(reshaped(x, [batch * heads * lengthTokens, perHead]), index);
    return reshaped(byRow, [rows, width]);
  };
  return {
    perHead,
    scores: batch * heads * queryLength * lengthTokens,
    toHeads,
    toRows,
    toQueries: oneQuery ? (x) => reshaped(x, [batch, heads, 1, perHead]) : toHeads,
    fromQueries: oneQuery ? (x) => reshaped(x, [batch, width]) : toRows,
  };
}

function expectSlots({ slots, heads, batch, lengthTokens }: AttentionOptions, rows: number): void {
  if (slots === undefined) {
    if (rows === batch * lengthTokens) return;
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `attention: without slots there must be ${batch} x ${lengthTokens} rows, k has ${rows}`,
    );
  }
  const { gather, scatter, bias } = slots;
  expectShape("attention: gather", gather, [batch * heads * lengthTokens]);
  expectShape("attention: scatter", scatter, [rows * heads]);
  expectShape("attention: bias", bias, [batch, 1, 1, lengthTokens]);
  expectDtype("attention: gather", gather, "int32");
  expectDtype("attention: scatter", scatter, "int32");
}
